"""What is shown of a result: tables, plots, pages, comparisons, floors."""
