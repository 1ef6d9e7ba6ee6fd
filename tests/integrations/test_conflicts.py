"""The three-way merge of one field."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations.sync.conflicts import MISSING, Outcome, Policy, Sides, merge, next_bases


def sides(
    local: Any, remote: Any, base_local: Any = MISSING, base_remote: Any = MISSING, incoming: Any = None
) -> Sides:
    return Sides(local, remote if incoming is None else incoming, remote, base_local, base_remote)


def test_what_changed_at_the_provider_comes_in() -> None:
    assert merge(sides("Ana", "Anna", "Ana", "Ana")) is Outcome.PULL


def test_what_changed_here_stays_when_the_provider_did_not_move() -> None:
    edited_here = sides("Anna", "Ana", "Ana", "Ana")
    assert merge(edited_here) is Outcome.KEEP
    assert next_bases(edited_here, Outcome.KEEP) == ("Ana", "Ana")


def test_both_sides_agreeing_moves_the_bases_only() -> None:
    agreed = sides("Anna", "Anna", "Ana", "Ana")
    assert merge(agreed) is Outcome.KEEP
    assert next_bases(agreed, Outcome.KEEP) == ("Anna", "Anna")


def test_a_conflict_goes_by_the_policy() -> None:
    both_edited = sides("Ann", "Anna", "Ana", "Ana")
    assert merge(both_edited, Policy.PROVIDER) is Outcome.PULL
    assert merge(both_edited, Policy.PLATFORM) is Outcome.KEEP


def test_a_lossy_transform_comes_to_rest() -> None:
    # The provider writes "ANNA", which we hold as "Anna": after one exchange nothing moves any more.
    first = sides("Ana", "ANNA", "Ana", "ANA", incoming="Anna")
    assert merge(first) is Outcome.PULL
    base_local, base_remote = next_bases(first, Outcome.PULL)
    assert merge(sides("Anna", "ANNA", base_local, base_remote, incoming="Anna")) is Outcome.KEEP


values = st.one_of(st.none(), st.sampled_from(["", "a", "b", "c"]), st.integers(0, 2))


@given(values, values, values, values, st.sampled_from(Policy))
def test_a_second_look_at_the_same_values_changes_nothing(
    local: Any, remote: Any, base_local: Any, base_remote: Any, policy: Policy
) -> None:
    first = Sides(local, remote, remote, base_local, base_remote)
    outcome = merge(first, policy)
    held = first.incoming if outcome is Outcome.PULL else local
    again = Sides(held, remote, remote, *next_bases(first, outcome))
    # A field that waits for a person goes on waiting, whatever comes.
    assert merge(again, policy) is (Outcome.HOLD if outcome is Outcome.HOLD else Outcome.KEEP)


@given(values, values, values, st.sampled_from(Policy))
def test_an_edit_here_is_never_lost_while_the_provider_stands_still(
    local: Any, base: Any, remote: Any, policy: Policy
) -> None:
    still = Sides(local, remote, remote, base, remote)
    assert merge(still, policy) is Outcome.KEEP
    base_local, _ = next_bases(still, Outcome.KEEP)
    assert base_local == base or local == remote
