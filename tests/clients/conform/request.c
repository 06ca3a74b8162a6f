// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests that the kernel has to do: each attribute of a command, with a value that it takes. */
#include <string.h>

#include "conform.h"

/* A name that no device has. */
#define NEW_NAME	"conform"

#define PAGE		4096

static const char *name_for(const struct conform *c, uint8_t command)
{
	switch (command) {
	case VDPA_CMD_DEV_NEW:
		return NEW_NAME;
	case VDPA_CMD_DEV_DEL:
	case VDPA_CMD_DEV_ATTR_SET:
	case VDPA_CMD_DEV_DRIVER_SET:
	case VDPA_CMD_DEV_VQ_SET:
		return c->spare;
	case VDPA_CMD_DEV_PRECOPY_START:
	case VDPA_CMD_DEV_PRECOPY_GET:
	case VDPA_CMD_DEV_PRECOPY_STOP:
		return c->blk;
	default:
		return c->net;
	}
}

static void put_group(struct conform *c, struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_DEV_GROUP);

	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->blk);
	wire_put_string(msg, VDPA_ATTR_DEV_NAME, c->net);
	nla_nest_end(msg, nest);
}

static void put_range(struct nl_msg *msg)
{
	const uint64_t first = 0, last = PAGE - 1;
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_DIRTY_RANGE);

	wire_put(msg, VDPA_ATTR_DIRTY_FIRST, &first, sizeof(first));
	wire_put(msg, VDPA_ATTR_DIRTY_LAST, &last, sizeof(last));
	nla_nest_end(msg, nest);
}

static uint64_t number_for(uint16_t attr)
{
	switch (attr) {
	case VDPA_ATTR_DEV_NET_CFG_MTU:
		return 1400;
	case VDPA_ATTR_DEV_NET_CFG_MAX_VQP:
		return 2;
	case VDPA_ATTR_DEV_FEATURES:	/* MTU, MAC, CTRL_VQ, MQ, VERSION_1, ACCESS_PLATFORM */
		return 1ULL << 3 | 1ULL << 5 | 1ULL << 17 | 1ULL << 22 | 1ULL << 32 | 1ULL << 33;
	case VDPA_ATTR_DEADLINE:
		return 60000;
	case VDPA_ATTR_DIRTY_LAST:
		return PAGE - 1;
	case VDPA_ATTR_DIRTY_PAGE_SIZE:
		return PAGE;
	default:
		return 0;
	}
}

static void put(struct conform *c, struct nl_msg *msg, uint8_t command,
		const struct wire_attr *attr)
{
	const uint8_t mac[] = { 2, 0, 0, 0, 0, 9 };

	switch (attr->number) {
	case VDPA_ATTR_MGMTDEV_DEV_NAME:
		wire_put_string(msg, attr->number, "vdpasim_net");
		break;
	case VDPA_ATTR_DEV_NAME:
		wire_put_string(msg, attr->number, name_for(c, command));
		break;
	case VDPA_ATTR_DEV_DRIVER:
		wire_put_string(msg, attr->number, VDPA_DRIVER_NONE);
		break;
	case VDPA_ATTR_DEV_NET_CFG_MACADDR:
		wire_put(msg, attr->number, mac, sizeof(mac));
		break;
	case VDPA_ATTR_DEV_GROUP:
		put_group(c, msg);
		break;
	case VDPA_ATTR_MIGRATION:
		conform_append(msg, c->description);
		break;
	case VDPA_ATTR_STATE_FEATURES:
		conform_append(msg, c->state);
		break;
	case VDPA_ATTR_DIRTY_RANGE:
		put_range(msg);
		break;
	case VDPA_ATTR_STATE_END:
		wire_put(msg, attr->number, NULL, 0);
		break;
	default:
		wire_put_number(msg, attr, number_for(attr->number));
	}
}

/* The simulated parents are on no bus; what belongs to a state comes together. */
static bool comes_by_itself(uint16_t attr)
{
	switch (attr) {
	case VDPA_ATTR_MGMTDEV_BUS_NAME:
	case VDPA_ATTR_STATE_FEATURES_WORDS:
	case VDPA_ATTR_STATE_STATUS:
	case VDPA_ATTR_STATE_VQ:
	case VDPA_ATTR_STATE_OFFSET:
	case VDPA_ATTR_STATE_PRIVATE:
		return false;
	default:
		return true;
	}
}

/* A request with all attributes that it can have; to be given to nlmsg_free(). */
struct nl_msg *conform_request(struct conform *c, const struct wire_command *command, bool dump)
{
	struct nl_msg *msg = wire_request(&c->wire, command->number, dump ? NLM_F_DUMP : NLM_F_ACK);
	const struct wire_use *use = dump ? command->dump_request : command->request;

	for (; use->attr; use++)
		if (comes_by_itself(use->attr))
			put(c, msg, command->number, wire_attr(wire_attrs, use->attr));
	return msg;
}
