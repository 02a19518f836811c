"""For authors of exercises: the rules that every exercise keeps, and the mutants that its grader must kill."""
