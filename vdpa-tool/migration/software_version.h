/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of a parent's software, as migration compares them. */
#ifndef VDPA_TOOL_SOFTWARE_VERSION_H
#define VDPA_TOOL_SOFTWARE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct software_version {
	uint32_t major, minor, bugfix;
};

/* Takes all of @text, "MAJOR.MINOR.BUGFIX", digits and points alone. */
bool software_version_parse(const char *text, struct software_version *version);

/* Below 0, 0 or above 0, as @a is older, the same or newer. */
int software_version_compare(const struct software_version *a, const struct software_version *b);

/*
 * Whether @ranges is RANGE[,RANGE...], and a RANGE either VERSION-VERSION (both
 * included), VERSION- (this one and all newer ones) or VERSION. No blanks.
 */
bool software_ranges_valid(const char *ranges);

/* Whether one of the ranges, which are valid, has @version in it. */
bool software_ranges_include(const char *ranges, const struct software_version *version);

#endif
