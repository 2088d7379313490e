"""All tables of all packages, gathered on one metadata."""

import accounts.tables
import analytics.attendance.tables
import analytics.closing.tables
import analytics.lesson_tables
import analytics.tables
import catalogue.bin.tables
import catalogue.brand.tables
import catalogue.edit_tables
import catalogue.erasure_tables
import catalogue.groups.tables
import catalogue.publishing_tables
import catalogue.response.tables
import catalogue.review_tables
import catalogue.series_tables
import catalogue.shelf.tables
import catalogue.tables
import catalogue.terms_tables
import catalogue.workers.tables
import interactions.ballots.tables
import interactions.deadlines.tables
import interactions.feedback.tables
import interactions.notes.tables
import interactions.question_sets.tables
import lectern.jobs.tables
import lectern.recordings.tables
import lectern.servers.tables
import lectern.timeline.tables
import notices.tables
import sessions.tables
import signaling.screens.tables
import signaling.stream_keys.tables
from lectern.db.schema import metadata

__all__ = ["metadata"]

_MODULES = (
    accounts.tables,
    analytics.attendance.tables,
    analytics.closing.tables,
    analytics.lesson_tables,
    analytics.tables,
    catalogue.bin.tables,
    catalogue.brand.tables,
    catalogue.edit_tables,
    catalogue.erasure_tables,
    catalogue.groups.tables,
    catalogue.publishing_tables,
    catalogue.response.tables,
    catalogue.review_tables,
    catalogue.series_tables,
    catalogue.shelf.tables,
    catalogue.tables,
    catalogue.terms_tables,
    catalogue.workers.tables,
    interactions.ballots.tables,
    interactions.deadlines.tables,
    interactions.feedback.tables,
    interactions.notes.tables,
    interactions.question_sets.tables,
    lectern.jobs.tables,
    lectern.recordings.tables,
    lectern.servers.tables,
    lectern.timeline.tables,
    notices.tables,
    sessions.tables,
    signaling.screens.tables,
    signaling.stream_keys.tables,
)
