"""Random requests in every dialect: what is asked, who asks it, and what must hold for every answer."""
