"""Is an explanation any good? Metrics that turn an Explanation, and its Model, into one score for each example."""
