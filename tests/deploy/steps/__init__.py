"""What is done with the deployed stack, one module for each step, each saying what came of it."""
