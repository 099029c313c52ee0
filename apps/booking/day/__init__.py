"""A day as a whole: what it holds, its sheet on paper, its end."""
