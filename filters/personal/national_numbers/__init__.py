"""The numbers that countries give to people and firms: their forms, checks and context, country by country."""
