"""Marks the functions that are scenarios."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass
class Scenario:
    name: str
    function: Callable
    memory_mb: float  # By which each of the servers may grow meanwhile.


def scenario(memory_mb):
    def mark(function):
        function.scenario = Scenario(function.__name__, function, memory_mb)
        return function
    return mark


def scenarios_of(module):
    return [each.scenario for each in vars(module).values()
            if hasattr(each, "scenario") and each.__module__ == module.__name__]
