"""The picture of the rooms is that of the imports."""

from docs import architecture


def test_the_picture_is_up_to_date() -> None:
    assert architecture.PAGE.read_text(encoding="utf-8") == architecture.page(), "run: python -m docs.architecture"
    assert "-->" in architecture.picture()


def test_every_room_says_what_it_is() -> None:
    assert [room for room, told in architecture.rooms().items() if not told] == []


def test_rooms_have_no_circle() -> None:
    arrows = architecture.edges()
    left = set(architecture.rooms())
    while left:  # take away rooms that nothing left imports
        free = {room for room in left if not any(here in left and there == room for here, there in arrows)}
        assert free, f"a circle among {sorted(left)}"
        left -= free


def test_the_essential_arrows_say_what_all_say() -> None:
    arrows = {("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")}
    assert architecture.essential(arrows) == {("a", "b"), ("b", "c"), ("a", "d")}
