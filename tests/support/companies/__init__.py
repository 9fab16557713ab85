"""Companies between two stand-ins, by what makes each of them special."""
