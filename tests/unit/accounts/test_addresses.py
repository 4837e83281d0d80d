"""Which spellings are one mailbox, and where no mail can go."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.accounts.addresses import email_key

LONG_DOMAIN = ".".join(["x" * 60] * 4) + ".example"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("ada@harbour.example", "ada@harbour.example"),
        (" KENNETH05.724@SUMACE.EXAMPLE ", "kenneth05.724@sumace.example"),
        ("jose@bücher.example", "jose@xn--bcher-kva.example"),
        ("jose@XN--BCHER-KVA.example", "jose@xn--bcher-kva.example"),
        ("\u200bjo@b.example\ufeff", "jo@b.example"),
        ("jo\u00adhanna@b.example", "johanna@b.example"),
        ("jo@ＢＡＹ.example", "jo@bay.example"),
        ("jo@例え。テスト", "jo@xn--r8jz45g.xn--zckzah"),
        ("a+b=c@ab--cd.example", "a+b=c@ab--cd.example"),
        ("o'neil_{x}@b.example", "o'neil_{x}@b.example"),
        ("x" * 64 + "@b.example", "x" * 64 + "@b.example"),
        ("jo@" + "y" * 63 + ".example", "jo@" + "y" * 63 + ".example"),
    ],
)
def test_spellings_of_one_mailbox(written: str, key: str) -> None:
    assert email_key(written) == key


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "not-an-address@",
        "@b.example",
        "jo.b.example",
        "jo@localhost",
        "jo@192.168.0.1",
        "jo@b.example.",
        "jo@.example",
        "jo@-b.example",
        "jo@b-.example",
        "jo@b_c.example",
        "jo@b..example",
        ".jo@b.example",
        "jo.@b.example",
        "j..o@b.example",
        "j o@b.example",
        "jo@b@c.example",
        "jo,ann@b.example",
        '"jo"@b.example',
        "Jo <jo@b.example>",
        "jö@b.example",
        "\u212ane@b.example",  # the Kelvin sign, whose lower case is an ASCII k
        "x" * 65 + "@b.example",
        "jo@" + "y" * 64 + ".example",
        "jo@" + LONG_DOMAIN + ".example",
        "jo@" + "ü" * 60 + ".example",
        "jo@xn--.example",
        "jo@b.example\nBcc: eve@c.example",
    ],
)
def test_no_mail_can_go_there(written: str) -> None:
    assert email_key(written) is None


ANYTHING = st.text() | st.text(alphabet=string.ascii_letters + string.digits + "@.-_xn ü\u200bＡ。", max_size=90)


@given(ANYTHING | st.builds("{}@{}.{}".format, ANYTHING, ANYTHING, st.sampled_from(["example", "de", "テスト"])))
@example("a@xn--a.example")
@example("a@İ.example")
@example("a@1.xn--p1ai")
def test_a_key_is_its_own_key(text: str) -> None:
    key = email_key(text)
    assert key is None or (email_key(key) == key and key.isascii() and key == key.lower())


@given(st.emails())
def test_what_is_a_mailbox_by_the_book_has_a_key(address: str) -> None:
    assert email_key(f"\u200b {address.upper()}\t") == email_key(address) is not None
