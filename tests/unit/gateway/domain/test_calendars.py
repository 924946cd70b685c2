"""From what a feed says to what has to change in the bookings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendars import Admission, Calendar, Changes, Followed, Key, Meeting, changes

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CALENDAR = Calendar(
    "cal-1", "sceaux-smart", "meeting-1", "Salle 1", None, ("ana", "bob"), {"cem@example.org": "cem"}
)


def meeting(uid: str, hours: int = 0, title: str | None = None, organiser: str | None = None) -> Meeting:
    start = NINE + hours * HOUR
    return Meeting(Key(uid, ""), start, start + HOUR, title, organiser)


def booked(wanted: Meeting, refused: str | None = None) -> Followed:
    booking = None if refused else f"b-{wanted.key.uid}"
    return Followed(wanted, CALENDAR.admits(wanted), booking, refused)


def test_an_organiser_whom_the_calendar_knows_holds_the_meeting_alone() -> None:
    assert CALENDAR.admits(meeting("a", organiser="cem@example.org")) == Admission("cem")


def test_other_meetings_are_held_by_its_first_member_and_open_to_all_of_them() -> None:
    assert CALENDAR.admits(meeting("a", organiser="eve@example.org")) == Admission("ana", ("bob",))
    assert CALENDAR.admits(meeting("a")) == Admission("ana", ("bob",))


def test_a_moved_meeting_is_dropped_and_booked_anew() -> None:
    before = booked(meeting("a"))
    assert changes(CALENDAR, [meeting("a", 2)], [before]) == Changes((meeting("a", 2),), (before,), ())


def test_a_new_title_leaves_the_booking_where_it_is() -> None:
    before, after = booked(meeting("a")), meeting("a", title="Atelier")
    assert changes(CALENDAR, [after], [before]) == Changes((), (), ((before, after),))


def test_another_organiser_makes_it_another_booking() -> None:
    before, after = booked(meeting("a")), meeting("a", organiser="cem@example.org")
    assert changes(CALENDAR, [after], [before]) == Changes((after,), (before,), ())


def test_what_could_not_be_booked_is_tried_again() -> None:
    before = booked(meeting("a"), refused="clash")
    assert changes(CALENDAR, [meeting("a")], [before]) == Changes((meeting("a"),), (before,), ())


meetings = st.builds(
    meeting,
    st.sampled_from("abcdef"),
    st.integers(0, 5),
    st.sampled_from([None, "Atelier"]),
    st.sampled_from([None, "cem@example.org"]),
)
feeds = st.lists(meetings, unique_by=lambda each: each.key)
takings = st.lists(feeds.flatmap(lambda feed: st.tuples(st.just(feed), st.sets(st.sampled_from("abcdef")))))


def carried_out(asked: Changes, followed: list[Followed], clashing: set[str]) -> list[Followed]:
    """Do what is asked; meetings whose uid is `clashing` find their time taken."""
    left = [each for each in followed if each not in asked.drop]
    renamed = {before: replace(before, meeting=after) for before, after in asked.entitle}
    left = [renamed.get(each, each) for each in left]
    return left + [booked(each, "clash" if each.key.uid in clashing else None) for each in asked.book]


@given(takings)
def test_after_every_change_the_bookings_are_the_feeds_and_no_more_than_needed_was_touched(
    takings: list[tuple[list[Meeting], set[str]]],
) -> None:
    followed: list[Followed] = []
    for feed, clashing in takings:
        asked = changes(CALENDAR, feed, followed)
        unmoved = {each.booking for each in followed if each.booking and each.meeting in feed}
        assert not unmoved & {each.booking for each in asked.drop}
        followed = carried_out(asked, followed, clashing)
        assert sorted(each.meeting.key for each in followed) == sorted(each.key for each in feed)
        assert {each.meeting for each in followed} == set(feed)
        standing = {each.meeting.key.uid for each in followed if each.booking}
        assert standing >= {each.key.uid for each in feed} - clashing
        again = changes(CALENDAR, feed, followed)
        assert {each.key.uid for each in again.book} <= clashing
        assert again.entitle == ()
