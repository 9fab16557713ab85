"""Companies, workers and faults for the queues of ``examples/queues``."""
