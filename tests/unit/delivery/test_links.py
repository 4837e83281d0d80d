"""Links of a mail, as a person would click on them."""

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.links import Link, links_of


def test_links_come_in_reading_order_with_their_words_and_once() -> None:
    html = """
    <a href="https://a.example/s/1?score=0&amp;lang=de"><b>0</b> <i>not at&nbsp;all</i></a>
    <a href="https://a.example/s/1"><img src="x" alt="Answer"></a><a name="no-link">text</a>
    <a href="https://a.example/s/1">once more</a><a href="mailto:a@b.example"></a>
    """
    assert links_of(html) == [
        Link("0 not at all", "https://a.example/s/1?score=0&lang=de"),
        Link("Answer", "https://a.example/s/1"),
        Link("mailto:a@b.example", "mailto:a@b.example"),
    ]


@given(st.text(alphabet="<>a/ href='\"=!-b&;", max_size=200))
def test_broken_markup_never_stops_the_page(html: str) -> None:
    assert all(link.address for link in links_of(html))
