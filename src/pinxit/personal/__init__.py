"""What makes a style this person's: recognition, ratings, settings, cards and explanations over the library."""
