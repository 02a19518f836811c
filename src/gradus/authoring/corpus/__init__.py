"""For authors of the corpus: data/ derived from what is written by hand. `derive` is where it begins."""
