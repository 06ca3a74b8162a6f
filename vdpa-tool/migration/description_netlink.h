/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions as netlink attributes. */
#ifndef VDPA_TOOL_DESCRIPTION_NETLINK_H
#define VDPA_TOOL_DESCRIPTION_NETLINK_H

#include <stdbool.h>

#include <jansson.h>
#include <libmnl/libmnl.h>

#include "migration/description.h"

/* Whether a request has room for it. */
bool description_fits(const struct description *description);

/* Appends VDPA_ATTR_MIGRATION to a request; the description is known to fit. */
void description_put(struct nlmsghdr *nlh, const struct description *description);

/*
 * What a VDPA_ATTR_MIGRATION says, as JSON {"class": ..., "attributes": [...]}.
 * Returns NULL with @err where it is malformed.
 */
json_t *description_wire_json(const struct nlattr *attr, struct nl_error *err);

#endif
