"""From costs to sale prices: adjustments, the files that list them, batches and budgets."""
