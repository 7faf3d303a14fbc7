/* The proleptic Gregorian calendar. */
#ifndef NNFS_TABLE_CALENDAR_H
#define NNFS_TABLE_CALENDAR_H

/* Returns the days from 1970-01-01 to a date; month and day from 1. */
double date_days(int year, int month, int day);

/* Returns the month, 0 to 11, of a day counted from 1970-01-01. */
int date_month(double days);

#endif
