"""What a grading run found, told to people and machines: terminal, JSON, JUnit, GitHub summary. Data in, text out."""
