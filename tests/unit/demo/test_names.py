"""Addresses are plain ASCII whatever alphabet a name is written in."""

from __future__ import annotations

import random

import pytest

from app.accounts.addresses import email_key
from app.demo.customers import customers
from app.demo.names import Directory, domain, letters, people


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("Rößler", "roessler"),
        ("İsmail", "ismail"),
        ("Yıldırım", "yildirim"),
        ("Kjærgaard", "kjaergaard"),
        ("Wójcik", "wojcik"),
        ("Đặng", "dang"),
        ("Adébáyọ̀", "adebayo"),
        ("D'Angelo", "dangelo"),
        ("van den Berg", "vandenberg"),
        ("Lars-Erik", "lars-erik"),
    ],
)
def test_letters(name: str, spelled: str):
    assert letters(name) == spelled


def test_every_name_has_letters_of_its_own_length():
    for names in people()["names"].values():
        for name in (*names["first"], *names["last"]):
            assert len(letters(name)) >= len([char for char in name if char.isalpha()]), name


def test_domains_leave_out_the_legal_form_and_belong_to_one_company_each():
    assert domain("Rauhfeld Gießerei GmbH") == "rauhfeldgiesserei.example"
    assert domain("Vlierhoek Zuivel B.V.") == "vlierhoekzuivel.example"
    assert len({domain(customer.name) for customer in customers()}) == len(customers())


def test_a_directory_never_gives_a_name_or_an_address_twice():
    directory = Directory("Nebelhain Textil GmbH", random.Random(1))
    added = [directory.add({"czech": 1}) for _ in range(60)]
    assert len({name for name, _ in added}) == len({address for _, address in added}) == 60
    assert all(email_key(address) == address for _, address in added)
