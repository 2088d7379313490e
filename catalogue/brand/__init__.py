"""How an organisation's microcourses look: intro and outro clips, logo, colour, the card with the title."""
