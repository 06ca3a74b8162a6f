// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: well-formed, with one thing wrong, or pieces of earlier ones put together. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* Values */

static uint64_t number_of(const struct wire_attr *attr)
{
	size_t bits = 8 * wire_size(attr->type);
	uint64_t mask = UINT64_MAX >> (64 - bits);
	size_t known = world.n_features < PIECES_MAX ? world.n_features : PIECES_MAX;

	if (attr->bits && known && chance(80)) {
		uint64_t features = world.features[below(known)];

		return chance(70) ? features : features ^ 1ULL << below(64);
	}
	switch (below(6)) {
	case 0:
		return attr->max ? attr->max : mask;
	case 1:
		return attr->max ? attr->max + 1 : 0;
	case 2:
		return mask >> below(bits);
	case 3:
		return wire_random(&world.rnd) & mask;
	default:
		return below(attr->max && attr->max < 64 ? attr->max + 1 : 64);
	}
}

static size_t odd_text(char *text, size_t max)
{
	size_t len;

	switch (below(5)) {
	case 0:
		return 0;
	case 1:
		len = max + below(3);
		break;
	case 2:
		strcpy(text, chance(50) ? ".." : "a/b");
		return strlen(text);
	default:
		len = below(max + 1);
	}
	for (size_t i = 0; i < len; i++)
		text[i] = chance(90) ? 'a' + below(26) : wire_random(&world.rnd);
	return len;
}

static size_t name_of_device(char *text)
{
	if (world.n_devices && chance(75))
		return sprintf(text, "%s", world.devices[below(world.n_devices)]);
	if (chance(80))
		return sprintf(text, "f%u", below(DEVICES_MANY));
	return odd_text(text, VDPA_NAME_LEN_MAX);
}

/* What strings of a description are made of, so that some of them mean something. */
static const char *const words[] = {
	"u64",
	"bitmask",
	"string",
	"set",
	"range",
	"version",
	"equal",
	"superset",
	"at-least",
	"at-most",
	"contains",
	"info",
	"device_api",
	"parent",
	"software_version",
	"device_features",
	"max_vqs",
	"vq_size",
	"mac",
	"mtu",
	"virtio-net",
	"vdpa_sim_net",
	"1.0.0",
	"1.2.3",
	"4294967295.0.1",
	"1.0.0-1.9.9,2.1.0-",
	"2.0.2-",
	"-",
	",",
};

static size_t text_of(const struct wire_attr *attr, char *text)
{
	/* The simulated ones, and those of the tests' own parent. */
	static const char *const parents[] = {
		"vdpasim_net",	"vdpasim_blk",	  "vdpatest_net", "vdpatest_blk",
		"vdpatest_odd", "vdpatest_multi", "vdpatest_mig", "vdpatest_bus.0",
	};

	static const char *const drivers[] = { "vhost_vdpa", "none", "vhost_vdpa", "nobody" };

	switch (attr->number) {
	case VDPA_ATTR_MGMTDEV_DEV_NAME:
		if (attr->type == WIRE_NAME && chance(90))
			return sprintf(text, "%s",
				       parents[below(chance(60) ? 2 : ARRAY_SIZE(parents))]);
		break;
	case VDPA_ATTR_MGMTDEV_BUS_NAME:
		if (attr->type == WIRE_STRING && !attr->max && chance(80))
			return sprintf(text, "platform");
		break;
	case VDPA_ATTR_DEV_DRIVER:
		if (chance(95))
			return sprintf(text, "%s", drivers[below(ARRAY_SIZE(drivers))]);
		break;
	case VDPA_ATTR_DEV_NAME:
		if (attr->max != VDPA_MIGRATION_RULE_MAX && chance(95))
			return name_of_device(text);
		break;
	}
	if (chance(70))
		return sprintf(text, "%s", words[below(ARRAY_SIZE(words))]);
	return odd_text(text, attr->max ? attr->max : 32);
}

static void put_attr(struct nl_msg *msg, const struct wire_attr *attr);

/* Some of what can be nested there, some of it several times. */
static void put_nested(struct nl_msg *msg, const struct wire_attr *attr)
{
	struct nlattr *nest = nla_nest_start(msg, attr->number);

	if (!nest)
		return;
	for (const struct wire_attr *in = attr->nest; in->name; in++)
		for (unsigned int n = chance(80); n;
		     n = chance(in->nest || !attr->nest[1].name ? 60 : 3))
			put_attr(msg, in);
	nla_nest_end(msg, nest);
}

/* What the kernel told, as it is; returns false where there is nothing. */
static bool put_known(struct nl_msg *msg, const struct wire_attr *attr)
{
	const struct piece *piece;

	if (attr->number != VDPA_ATTR_MIGRATION || !world.n_descriptions || chance(25))
		return false;
	piece = &world.descriptions[below(world.n_descriptions)];
	nla_put(msg, attr->number | NLA_F_NESTED, piece->len, piece->bytes);
	return true;
}

/* A message that is full stays as it is: nobody looks at what putting returns. */
static void put_attr(struct nl_msg *msg, const struct wire_attr *attr)
{
	static uint8_t bytes[4096];
	char text[512];
	uint64_t value;
	size_t len;

	switch (attr->type) {
	case WIRE_NEST:
		if (!put_known(msg, attr))
			put_nested(msg, attr);
		return;
	case WIRE_STRING:
	case WIRE_NAME:
		len = text_of(attr, text);
		text[len] = '\0';
		nla_put(msg, attr->number, len + (attr->type == WIRE_STRING || chance(80)), text);
		return;
	case WIRE_BINARY:
		len = below(chance(20) ? sizeof(bytes) : 64);
		for (size_t i = 0; i < len; i++)
			bytes[i] = wire_random(&world.rnd);
		nla_put(msg, attr->number, len, bytes);
		return;
	case WIRE_FLAG:
		nla_put(msg, attr->number, 0, NULL);
		return;
	case WIRE_MAC:
		value = wire_random(&world.rnd) & (chance(80) ? ~1ULL : ~0ULL);
		nla_put(msg, attr->number, 6, &value);
		return;
	default:
		value = number_of(attr);
		nla_put(msg, attr->number, wire_size(attr->type), &value);
	}
}

/* Requests */

/* Most parents are on no bus. */
static unsigned int percent_of(const struct wire_use *use)
{
	if (use->attr == VDPA_ATTR_MGMTDEV_BUS_NAME)
		return 5;
	return use->when == WIRE_ALWAYS ? 98 : 40;
}

static void put_uses(struct nl_msg *msg, const struct wire_use *uses)
{
	for (; uses->attr; uses++)
		for (unsigned int n = chance(percent_of(uses)); n;
		     n = chance(uses->when == WIRE_MANY ? 60 : 1))
			put_attr(msg, wire_attr(wire_attrs, uses->attr));
}

/* A state goes to a device of now, in one request or several. */
static bool put_state(struct nl_msg *msg)
{
	const struct piece *piece;

	if (!world.n_states || chance(30))
		return false;
	put_attr(msg, wire_attr(wire_attrs, VDPA_ATTR_DEV_NAME));
	piece = &world.states[below(world.n_states)];
	nlmsg_append(msg, piece->bytes, piece->len, 0);
	if (chance(40))
		nla_put(msg, VDPA_ATTR_STATE_END, 0, NULL);
	return true;
}

/* There is one at a time: to allocate a large one for each takes longer than to fill it. */
static struct nl_msg *request(struct wire *wire, uint8_t command, int flags)
{
	static struct nl_msg *msg;

	if (!msg)
		msg = nlmsg_alloc_size(WIRE_REQUEST_MAX);
	if (!msg)
		wire_quit("out of memory");
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN;
	genlmsg_put(msg, wire->port, ++wire->seq, wire->family, 0, NLM_F_REQUEST | flags, command,
		    VDPA_GENL_VERSION);
	return msg;
}

static struct nl_msg *well_formed(struct wire *wire, const struct wire_command *command)
{
	bool dump = command->dump && (!command->one || chance(30));
	struct nl_msg *msg = request(wire, command->number, dump ? NLM_F_DUMP : NLM_F_ACK);

	if (dump)
		put_uses(msg, command->dump_request);
	else if (command->number != VDPA_CMD_DEV_STATE_SET || !put_state(msg))
		put_uses(msg, command->request);
	return msg;
}

/* As often as it takes for devices to come, to be used and to go. */
static const struct wire_command *any_command(void)
{
	if (world.n_devices > DEVICES_MANY && chance(50))
		return wire_command(VDPA_CMD_DEV_DEL);
	return &wire_commands[below(wire_commands_n)];
}

static struct nlattr *any_attr(struct nlmsghdr *nlh)
{
	struct nlattr *nla, *found = NULL;
	unsigned int n = 0;
	int left;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, left)
		if (!below(++n))
			found = nla;
	/* Inside a nest there are more of them than outside. */
	while (found && nla_type(found) && wire_attr(wire_attrs, nla_type(found)) &&
	       wire_attr(wire_attrs, nla_type(found))->nest && chance(70)) {
		struct nlattr *inner = NULL;

		n = 0;
		nla_for_each_nested(nla, found, left)
			if (!below(++n))
				inner = nla;
		if (!inner)
			break;
		found = inner;
		if (chance(50))
			break;
	}
	return found;
}

/* One thing about one attribute, lengths and all else around it left as they are. */
static void spoil_attr(struct nlmsghdr *nlh)
{
	struct nlattr *nla = any_attr(nlh);
	int len;

	if (!nla)
		return;
	len = nla_len(nla);
	switch (below(8)) {
	case 0:
		nla->nla_len += chance(50) ? 1 : -1;
		break;
	case 1:
		nla->nla_len = wire_random(&world.rnd);
		break;
	case 2:
		nla->nla_type ^= NLA_F_NESTED;
		break;
	case 3:
		nla->nla_type ^= NLA_F_NET_BYTEORDER;
		break;
	case 4:
		nla->nla_type = below(VDPA_ATTR_LAST + 4);
		break;
	case 5:
		if (len)
			((uint8_t *)nla_data(nla))[below(len)] ^= 1 << below(8);
		break;
	case 6:
		if (len)
			((uint8_t *)nla_data(nla))[len - 1] = 'x';
		break;
	default:
		nla->nla_len = NLA_HDRLEN;
	}
}

static void spoil_bytes(struct nlmsghdr *nlh)
{
	size_t len = nlh->nlmsg_len > NLMSG_HDRLEN ? nlh->nlmsg_len - NLMSG_HDRLEN : 0;

	for (unsigned int n = 1 + below(8); len && n; n--)
		((uint8_t *)nlmsg_data(nlh))[below(len)] ^= 1 << below(8);
}

/* The header of the family, or flags. Never the message's type: other families are not ours to try. */
static void spoil_header(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);

	switch (below(5)) {
	case 0:
		genl->cmd = wire_random(&world.rnd);
		break;
	case 1:
		genl->version = wire_random(&world.rnd);
		break;
	case 2:
		genl->reserved = wire_random(&world.rnd);
		break;
	case 3:
		nlh->nlmsg_flags ^= 1 << below(12);
		break;
	default:
		nlh->nlmsg_len = NLMSG_HDRLEN + below(nlh->nlmsg_len - NLMSG_HDRLEN + 1);
	}
}

/* An attribute twice, or one that has no business there. */
static void spoil_set(struct nl_msg *msg)
{
	struct nlattr *nla = any_attr(nlmsg_hdr(msg));

	if (nla && chance(50)) {
		static uint8_t copy[KEPT_MAX];
		size_t len = nla_len(nla) < KEPT_MAX ? nla_len(nla) : KEPT_MAX;

		memcpy(copy, nla_data(nla), len);
		nla_put(msg, nla->nla_type, len, copy);
	} else {
		const struct wire_attr *attr;

		do
			attr = wire_attr(wire_attrs, 1 + below(VDPA_ATTR_LAST));
		while (!attr);
		put_attr(msg, attr);
	}
}

static void spoil(struct nl_msg *msg)
{
	unsigned int what = below(100);

	if (what < 50)
		spoil_attr(nlmsg_hdr(msg));
	else if (what < 70)
		spoil_set(msg);
	else if (what < 85)
		spoil_header(nlmsg_hdr(msg));
	else
		spoil_bytes(nlmsg_hdr(msg));
}

/* Without what the header of netlink says: that is of the socket. */
static void append_attrs(struct nl_msg *msg, const struct nlmsghdr *kept)
{
	const struct genlmsghdr *genl = nlmsg_data(kept);

	nlmsg_append(msg, (void *)(genl + 1), kept->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, 0);
}

/* One that was sent before, as it was. */
struct nl_msg *make_again(struct wire *wire, const struct nlmsghdr *kept)
{
	const struct genlmsghdr *genl = nlmsg_data(kept);
	struct nl_msg *msg = request(wire, genl->cmd, kept->nlmsg_flags);
	struct genlmsghdr *again = nlmsg_data(nlmsg_hdr(msg));

	*again = *genl;
	append_attrs(msg, kept);
	return msg;
}

/* The attributes of two, now and then. */
static struct nl_msg *from_corpus(struct wire *wire)
{
	struct nl_msg *msg = make_again(wire, corpus_any());

	if (chance(20))
		append_attrs(msg, corpus_any());
	return msg;
}

void make_wrong(struct nl_msg *msg)
{
	do
		spoil(msg);
	while (chance(25));
}

/* Gone with the next one. */
struct nl_msg *make_message(struct wire *wire)
{
	struct nl_msg *msg;

	msg = corpus_size() && chance(25) ? from_corpus(wire) : well_formed(wire, any_command());
	if (chance(30))
		make_wrong(msg);
	return msg;
}
