// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a virtqueue, reported as vendor statistics.
 */
#include <linux/build_bug.h>
#include <net/netlink.h>
#include <uapi/linux/vdpa.h>

#include "sim.h"

static const char *const common_names[] = {
	[VDPASIM_STAT_RECEIVED]		= "received_desc",
	[VDPASIM_STAT_COMPLETED]	= "completed_desc",
};

static int put_stat(struct sk_buff *msg, const char *name, const atomic64_t *stat)
{
	if (nla_put_string(msg, VDPA_ATTR_DEV_VENDOR_ATTR_NAME, name) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_VENDOR_ATTR_VALUE, atomic64_read(stat),
			      VDPA_ATTR_PAD))
		return -EMSGSIZE;
	return 0;
}

int vdpasim_get_vendor_vq_stats(struct vdpa_device *vdpa, u16 idx, struct sk_buff *msg,
				struct netlink_ext_ack *extack)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	const char *const *names;
	struct vdpasim_vq *vq;
	unsigned int i;
	int err;

	if (idx >= sim->nvqs) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "device %s has no virtqueue %u",
				       dev_name(&vdpa->dev), idx);
		return -EINVAL;
	}
	vq = &sim->vqs[idx];

	static_assert(ARRAY_SIZE(common_names) == VDPASIM_STAT_CLASS);
	for (i = 0; i < VDPASIM_STAT_CLASS; i++) {
		err = put_stat(msg, common_names[i], &vq->stats[i]);
		if (err)
			return err;
	}

	names = sim->parent->class->stat_names(sim, idx);
	for (; *names; names++, i++) {
		err = put_stat(msg, *names, &vq->stats[i]);
		if (err)
			return err;
	}
	return 0;
}
