"""What acting with tools takes: from the words of a goal to the calls that carry it out. Used by `agent`."""
