// SPDX-License-Identifier: GPL-2.0-or-later
/* All that the family shows, to see whether it changes: see talk.h. */
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "talk.h"

/* Attributes that change although nothing is done, or when something was tried and undone. */
static bool moves(uint16_t attr)
{
	switch (attr) {
	case VDPA_ATTR_EVENT_SEQ:
	case VDPA_ATTR_DEV_TRANSITIONS:
	case VDPA_ATTR_DEV_SUSPEND_LAST:
	case VDPA_ATTR_DEV_SUSPEND_MAX:
	case VDPA_ATTR_DEV_RESUME_LAST:
	case VDPA_ATTR_DEV_RESUME_MAX:
	case VDPA_ATTR_DEV_SUSPEND_ESTIMATE:
	case VDPA_ATTR_DEV_RESUME_ESTIMATE:
		return true;
	default:
		return false;
	}
}

static void keep(struct wire_shown *shown, const void *data, size_t len)
{
	shown->bytes = realloc(shown->bytes, shown->len + len);
	if (!shown->bytes)
		wire_quit("out of memory");
	memcpy(shown->bytes + shown->len, data, len);
	shown->len += len;
}

static void keep_all(struct nlmsghdr *nlh, void *data)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);

	keep(data, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0));
}

static void keep_resting(struct nlmsghdr *nlh, void *data)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		if (!moves(nla_type(nla)))
			keep(data, nla, NLA_ALIGN(nla->nla_len));
}

static bool show(struct wire *wire, struct wire_shown *shown, wire_take_t take)
{
	static const uint8_t dumps[] = { VDPA_CMD_MGMTDEV_GET, VDPA_CMD_DEV_GET,
					 VDPA_CMD_DEV_CONFIG_GET };
	struct wire_answer answer = { };

	*shown = (struct wire_shown) { };
	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		struct nl_msg *msg = wire_request(wire, dumps[i], NLM_F_DUMP);

		wire_ask(wire, nlmsg_hdr(msg), take, shown, &answer);
		nlmsg_free(msg);
		if (answer.end != WIRE_ANSWERED || answer.err)
			return false;
	}
	return true;
}

/* Returns whether the kernel has shown it. */
bool wire_show(struct wire *wire, struct wire_shown *shown)
{
	return show(wire, shown, keep_resting);
}

/* The same, with what moves. */
bool wire_show_all(struct wire *wire, struct wire_shown *shown)
{
	return show(wire, shown, keep_all);
}

bool wire_shown_same(const struct wire_shown *a, const struct wire_shown *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->bytes, b->bytes, a->len));
}

/* Attribute by attribute, as far as they go side by side. */
void wire_shown_print_difference(const struct wire_shown *a, const struct wire_shown *b)
{
	size_t at = 0;
	char name[64] = "none";

	while (at + NLA_HDRLEN <= a->len && at + NLA_HDRLEN <= b->len) {
		const struct nlattr *nla = (const struct nlattr *)(a->bytes + at);
		const struct wire_attr *attr = wire_attr(wire_attrs, nla_type(nla));
		size_t len = NLA_ALIGN(nla->nla_len);

		if (nla_type(nla) == VDPA_ATTR_DEV_NAME)
			snprintf(name, sizeof(name), "%.*s", nla_len(nla),
				 (const char *)nla_data(nla));
		if (at + len > b->len || memcmp(nla, b->bytes + at, len)) {
			printf("# first difference: device %s, %s\n", name,
			       attr ? attr->name : "?");
			return;
		}
		at += len;
	}
	printf("# %zu bytes before, %zu after\n", a->len, b->len);
}

void wire_shown_free(struct wire_shown *shown)
{
	free(shown->bytes);
	*shown = (struct wire_shown) { };
}
