"""What a run leaves behind: the files that others load, the model card, previews, and what was learned by heart."""
