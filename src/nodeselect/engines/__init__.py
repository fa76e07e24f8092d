"""The same selectors where the fleet lives: in a database, in Spark, in a data frame."""
