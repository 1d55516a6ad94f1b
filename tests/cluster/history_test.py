#!/usr/bin/env python3
"""Whether the account of a history notices what it is there for: each rule is broken once."""

import copy
import sys

import history
import wire

QUEUES = 2


def sent(log, number, *, ended=True):
    """A send to a queue in turn, acknowledged at the next offset there."""
    key = f"p0-{number}"
    operation = log.begin(key, number % QUEUES, body_of(key), "n0")
    if ended:
        fields = {"queueId": str(number % QUEUES), "queueOffset": str(number // QUEUES)}
        operation.answered(wire.Answer({"code": 0, "opaque": 1, "extFields": fields}, b""))
        # As far apart as a clock can tell.
        operation.begun, operation.ended = float(number), number + 0.5
    return operation


def body_of(key):
    return key.encode() + b" body"


def told_story():
    """Ten sends that were acknowledged, and three members that have them."""
    log = history.History()
    for number in range(10):
        sent(log, number)
    queues = {queue: [wire.Message(queue, number // QUEUES, number * 100, body_of(f"p0-{number}"), "t",
                                   {"KEYS": f"p0-{number}"})
                      for number in range(10) if number % QUEUES == queue] for queue in range(QUEUES)}
    return log, {name: copy.deepcopy(queues) for name in ("n0", "n1", "n2")}


def broken_rules(log, copies, expires=False):
    return {rule for rule, violations in history.Account(log, "t", copies, expires).rules() if violations}


def a_whole_history_breaks_no_rule():
    return broken_rules(*told_story()) == set()


def a_message_that_one_member_lost_is_missed():
    log, copies = told_story()
    copies["n2"][1].pop()
    return broken_rules(log, copies) == {"every acknowledged message is there, at the offset that was told",
                                         "all members have the same messages"}


def an_offset_that_was_told_wrongly_is_noticed():
    log, copies = told_story()
    log.operations[9].offset += 1
    return broken_rules(log, copies) == {"every acknowledged message is there, at the offset that was told"}


def a_message_stored_twice_is_noticed():
    log, copies = told_story()
    for queues in copies.values():
        again = queues[0][-1]
        queues[0].append(wire.Message(0, again.offset + 1, 2000, again.body, "t", again.properties))
    return broken_rules(log, copies) == {"no message is there more often than it was sent"}


def what_a_client_sent_again_may_be_there_as_often_as_it_was_sent():
    log, copies = told_story()
    log.operations[8].requests = 2
    for queues in copies.values():
        again = queues[0][-1]
        queues[0].append(wire.Message(0, again.offset + 1, 2000, again.body, "t", again.properties))
    if broken_rules(log, copies):
        return False
    log.operations[8].requests = 1
    return bool(broken_rules(log, copies))


def a_message_that_nobody_sent_is_noticed():
    log, copies = told_story()
    for queues in copies.values():
        queues[0].append(wire.Message(0, 5, 2000, b"?", "t", {"KEYS": "stranger"}))
    return broken_rules(log, copies) == {"no message is there that nobody sent"}


def a_refused_message_that_is_there_is_noticed():
    log, copies = told_story()
    log.operations[3].code = 14
    return broken_rules(log, copies) == {"no refused message is there"}


def a_message_of_unknown_outcome_may_be_there_or_not():
    log, copies = told_story()
    log.operations[9].code = history.TIME_OUT
    sent(log, 10, ended=False)
    return broken_rules(log, copies) == set()


def a_damaged_body_is_noticed():
    log, copies = told_story()
    copies["n1"][0][0].body = b"p0-0 bodz"
    return broken_rules(log, copies) == {"the bodies are those that were sent"}


def a_gap_is_noticed():
    log, copies = told_story()
    log.operations[6].code = history.TIME_OUT
    for queues in copies.values():
        del queues[0][3]
    return broken_rules(log, copies) == {"queues have no gaps"}


def a_send_that_lies_before_an_earlier_one_is_noticed():
    log, copies = told_story()
    one, other = log.operations[2], log.operations[4]
    one.offset, other.offset = other.offset, one.offset
    for queues in copies.values():
        first, second = queues[0][1], queues[0][2]
        first.properties, second.properties = second.properties, first.properties
        first.body, second.body = second.body, first.body
    return broken_rules(log, copies) == {"what was sent after an acknowledgement lies behind it"}


def a_front_that_is_gone_is_missed_unless_it_may_expire():
    log, copies = told_story()
    for name, count in ("n0", 1), ("n1", 2):
        del copies[name][0][:count]
    return (broken_rules(log, copies) > {"queues have no gaps"}
            and broken_rules(log, copies, expires=True) == set())


def a_message_that_is_lost_behind_an_expired_front_is_missed():
    log, copies = told_story()
    for queues in copies.values():
        del queues[0][:1]
    copies["n2"][0].pop()
    return broken_rules(log, copies, expires=True) == {
        "every acknowledged message is there, at the offset that was told", "all members have the same messages"}


def offset_operation(number, offset, *, committed=None, code=0, via="n0"):
    """One after the other: a commit, or a question and what it was answered."""
    operation = history.OffsetOperation(0, committed, via)
    fields = {"offset": str(offset)} if committed is None else {}
    operation.answered(wire.Answer({"code": code, "opaque": 1, "extFields": fields}, b""))
    operation.begun, operation.ended = float(number), number + 0.5
    return operation


def offsets_told():
    """A group that is nowhere, at 3, then at 7."""
    return [offset_operation(0, None, code=wire.QUERY_NOT_FOUND), offset_operation(1, None, committed=3),
            offset_operation(2, 3), offset_operation(3, None, committed=7), offset_operation(4, 7)]


def broken_offset_rules(operations):
    return {rule for rule, violations in history.offset_rules(operations) if violations}


def offsets_that_go_on_break_no_rule():
    return broken_offset_rules(offsets_told()) == set()


def an_offset_that_goes_back_is_noticed():
    back = {"no question for a group's offset is answered with less than one before it"}
    gone = offset_operation(5, None, code=wire.QUERY_NOT_FOUND)
    return all(broken_offset_rules([*offsets_told(), last]) == back for last in (offset_operation(5, 3), gone))


def a_commit_without_an_answer_may_come_late():
    operations = offsets_told()
    operations[1].code = history.TIME_OUT
    return broken_offset_rules([*operations, offset_operation(5, 3)]) == set()


def questions_at_the_same_time_may_be_answered_in_any_order():
    operations = [*offsets_told(), offset_operation(5, 3)]
    operations[-1].begun = 4.2
    return broken_offset_rules(operations) == set()


def an_offset_that_nobody_committed_is_noticed():
    foreign = {"no group has an offset that nobody committed"}
    too_soon = [offset_operation(0, 3), *offsets_told()[1:]]
    return broken_offset_rules([*offsets_told(), offset_operation(5, 8)]) == broken_offset_rules(too_soon) == foreign


def slave_offsets_told():
    """A master, n0, at 7; its slave keeps 9 while it is away, answers so at 5, and is with its master from 6 on."""
    return [offset_operation(1, None, committed=7), offset_operation(2, 7), offset_operation(3, None, committed=9, via="n1"),
            offset_operation(5, 9, via="n1")]


def broken_slave_rules(operations, healed=(), forgets=False):
    calm = history.Calm()
    calm.spans["n1"] = [(0.0, 2.9), (6.0, 20.0)]
    rules = history.slave_offset_rules([*operations, *healed], "n0", calm, lambda answer: not forgets, set(healed))
    return {rule for rule, violations in rules if violations}


WITH_MASTER = "a member that has its master answers no question for a group's offset with less than before"
HEALED = "a healed group answers no question for a group's offset with less than any member before"


def a_slave_without_its_master_may_be_behind():
    return broken_slave_rules([*slave_offsets_told(), offset_operation(5.6, 7, via="n2")]) == set()


def an_offset_that_goes_back_at_the_master_is_noticed():
    return broken_slave_rules([*slave_offsets_told(), offset_operation(5, 0)]) == {WITH_MASTER}


def an_offset_that_goes_back_at_a_slave_with_its_master_is_noticed():
    at_once = [offset_operation(7, 9, via="n1"), offset_operation(8, 7, via="n1")]
    between = [offset_operation(2, 7, via="n1"), offset_operation(3.2, 0, via="n1"), offset_operation(8, 7, via="n1")]
    return (broken_slave_rules([*slave_offsets_told(), *at_once]) == {WITH_MASTER}
            and broken_slave_rules([*slave_offsets_told(), *between]) == set())


def an_offset_that_a_healed_group_has_forgotten_is_noticed():
    healed = [offset_operation(21, 7), offset_operation(22, 7, via="n1")]
    return (broken_slave_rules(slave_offsets_told(), healed) == {HEALED}
            and broken_slave_rules(slave_offsets_told(), healed, forgets=True) == set())


def what_a_master_has_answered_is_never_forgotten():
    told = [*slave_offsets_told(), offset_operation(10, 9)]
    return HEALED in broken_slave_rules(told, [offset_operation(21, 7)], forgets=True)


def order_told():
    order = history.KeyOrder()
    for number in range(4):
        order.was_sent(1, number, 0)
    for number in 0, 1, 0, 1, 2, 3:  # Whoever takes over may repeat.
        order.came(1, number, 0)
    return order


def broken_order_rules(order):
    return {rule for rule, violations in order.rules() if violations}


def an_order_that_is_kept_breaks_no_rule():
    return broken_order_rules(order_told()) == set()


def a_message_that_came_before_an_earlier_one_is_noticed():
    order = order_told()
    for number in 5, 4:
        order.came(1, number, 0)
    return broken_order_rules(order) == {"the messages of a key come in their order"}


def an_ordered_message_that_never_came_is_missed():
    order = order_told()
    order.was_sent(1, 4, 0)
    return broken_order_rules(order) == {"an ordered stock consumer gets every acknowledged message"}


def a_queue_of_two_consumers_is_noticed():
    order = order_told()
    order.was_shared(0)
    return broken_order_rules(order) == {"no two consumers have messages of a queue at once"}


def queues_that_change_hands_are_counted():
    order = history.KeyOrder()
    for number, consumer in enumerate([0, 0, 1, 1, 0]):
        order.came(1, number, 0, consumer)
    return order.moves == 2


def a_key_that_changes_its_queue_is_noticed():
    order = order_told()
    order.came(1, 4, 1)
    return broken_order_rules(order) == {"a key stays with its queue"}


TESTS = [a_whole_history_breaks_no_rule, a_message_that_one_member_lost_is_missed,
         an_offset_that_was_told_wrongly_is_noticed, a_message_stored_twice_is_noticed,
         what_a_client_sent_again_may_be_there_as_often_as_it_was_sent,
         a_message_that_nobody_sent_is_noticed, a_refused_message_that_is_there_is_noticed,
         a_message_of_unknown_outcome_may_be_there_or_not, a_damaged_body_is_noticed, a_gap_is_noticed,
         a_send_that_lies_before_an_earlier_one_is_noticed, a_front_that_is_gone_is_missed_unless_it_may_expire,
         a_message_that_is_lost_behind_an_expired_front_is_missed,
         offsets_that_go_on_break_no_rule, an_offset_that_goes_back_is_noticed, a_commit_without_an_answer_may_come_late,
         questions_at_the_same_time_may_be_answered_in_any_order, an_offset_that_nobody_committed_is_noticed,
         a_slave_without_its_master_may_be_behind, an_offset_that_goes_back_at_the_master_is_noticed,
         an_offset_that_goes_back_at_a_slave_with_its_master_is_noticed,
         an_offset_that_a_healed_group_has_forgotten_is_noticed, what_a_master_has_answered_is_never_forgotten,
         an_order_that_is_kept_breaks_no_rule, a_message_that_came_before_an_earlier_one_is_noticed,
         an_ordered_message_that_never_came_is_missed, a_queue_of_two_consumers_is_noticed,
         queues_that_change_hands_are_counted, a_key_that_changes_its_queue_is_noticed]


def main():
    results = [(test.__name__.replace("_", " "), test()) for test in TESTS]
    for name, passed in results:
        print(f"{'PASS' if passed else 'FAIL'} {name}")
    failed = sum(not passed for _, passed in results)
    print(f"{len(results) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
