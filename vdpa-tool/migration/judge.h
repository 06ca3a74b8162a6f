/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: whether a target can take what a source is. */
#ifndef VDPA_TOOL_JUDGE_H
#define VDPA_TOOL_JUDGE_H

#include <jansson.h>

#include "migration/description.h"

/*
 * Compares @source, a device, with @target, by the source's rules. Returns an array of all mismatches,
 * empty where there is none:
 *	{"attribute": ..., "rule": ..., "source": VALUE, "target": VALUE or null, "reason": ...}
 */
json_t *judge(const struct description *source, const struct description *target);

/* Whether there is a rule of that name. */
bool judge_knows(const char *rule);

/* Whether @target, NULL where it has no such attribute, complies with the rule of @source. @creates: it is a management device's */
bool judge_complies(const struct attribute *source, const struct attribute *target, bool creates);

/* That a management device has no devices of the source's class at all. */
json_t *judge_no_class(const struct description *source);

#endif
