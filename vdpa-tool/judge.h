/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules: whether a target can take what a source is. */
#ifndef VDPA_TOOL_JUDGE_H
#define VDPA_TOOL_JUDGE_H

#include <jansson.h>

#include "description.h"

/*
 * Compares @source, a device, with @target, by the source's rules. Returns an array of all mismatches,
 * empty where there is none:
 *	{"attribute": ..., "rule": ..., "source": VALUE, "target": VALUE or null, "reason": ...}
 */
json_t *judge(const struct description *source, const struct description *target);

/* That a management device has no devices of the source's class at all. */
json_t *judge_no_class(const struct description *source);

#endif
