"""Questions and answers: asked by learners, moderated by staff, lifted by up-votes."""
