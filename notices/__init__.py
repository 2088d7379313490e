"""What people are told outside the class: an outbox with in-app messages and mail, reminders, calendars."""
