/* Days and dates; a year begins in March, so that February's last day is the last one. */
#include "table/calendar.h"

#include <math.h>

double date_days(int year, int month, int day)
{
    int years = year - (month <= 2);
    int era = years / 400;
    int of_era = years % 400;
    int of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int leap_days = of_era / 4 - of_era / 100;
    return era * 146097.0 + of_era * 365 + leap_days + of_year - 719468.0;
}

int date_month(double days)
{
    double day = floor(days) + 719468.0;
    int of_era = (int)(day - floor(day / 146097.0) * 146097.0);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    return ((5 * of_year + 2) / 153 + 2) % 12;
}
