"""Attendance: who was there (`register`), what that amounts to under a `rule` (`verdict`), and disputes.

docs/attendance.md explains it to those who are judged and to those who defend the record.
"""
