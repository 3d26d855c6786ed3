"""Sale prices: adjustments, files of adjustments, batches and budgets."""
