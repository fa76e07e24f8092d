"""An explanation as a page of HTML."""
