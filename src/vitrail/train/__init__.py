"""The school: data to learn from, recipes for networks, their training, and how well they do."""
