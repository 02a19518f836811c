"""The learner's loop: what was found last time, hints and solutions a rung at a time, and grading on every save."""
