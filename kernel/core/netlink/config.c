// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration space of devices over netlink, field by field.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "config.h"
#include "device.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "netlink/nl_words.h"
#include "registry.h"
#include "words.h"

/*
 * How long a whole dump waits for devices whose cf_lock is held, in ms. Its first round runs like a
 * doit, which must not wait (nl_request.h).
 */
#define DUMP_PATIENCE_MS	50

static int put_field(void *data, const struct vdpa_field_value *value)
{
	struct sk_buff *msg = data;

	switch (value->type) {
	case VDPA_FIELD_U8:
	case VDPA_FIELD_FLAG:
		return nla_put_u8(msg, value->attr, value->num);
	case VDPA_FIELD_U16:
		return nla_put_u16(msg, value->attr, value->num);
	case VDPA_FIELD_U32:
		return nla_put_u32(msg, value->attr, value->num);
	case VDPA_FIELD_U64:
		return nla_put_u64_64bit(msg, value->attr, value->num, VDPA_ATTR_PAD);
	case VDPA_FIELD_MAC:
		return nla_put(msg, value->attr, ETH_ALEN, value->mac);
	}
	return -EINVAL;
}

/* Write the fields that the parent reports. The caller holds cf_lock. */
static int put_config(struct vdpa_entry *entry, struct sk_buff *msg)
{
	/* The negotiated features are valid only after FEATURES_OK. */
	bool settled = entry->ops.get_status(entry->vdev) & VIRTIO_CONFIG_S_FEATURES_OK;
	struct vdpa_words negotiated = {}, offered;
	int err;

	if (settled) {
		negotiated = vdpa_features_negotiated(entry);
		if (nla_put_u64_64bit(msg, VDPA_ATTR_DEV_NEGOTIATED_FEATURES, negotiated.word[0],
				      VDPA_ATTR_PAD))
			return -EMSGSIZE;
	}
	offered = vdpa_features_offered(entry);
	if (nla_put_u64_64bit(msg, VDPA_ATTR_DEV_FEATURES, offered.word[0], VDPA_ATTR_PAD))
		return -EMSGSIZE;
	err = vdpa_config_walk(entry, offered.word[0], put_field, msg);
	if (err)
		return err;
	return vdpa_nl_put_high(msg, VDPA_ATTR_DEV_FEATURES_WORDS, &offered) ?:
	       vdpa_nl_put_high(msg, VDPA_ATTR_DEV_NEGOTIATED_FEATURES_WORDS, &negotiated);
}

static void *config_begin(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			  int flags, struct netlink_callback *cb)
{
	void *hdr;

	hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, VDPA_CMD_DEV_CONFIG_GET);
	if (!hdr)
		return NULL;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* The caller holds cf_lock. */
static int config_fill(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
		       int flags, struct netlink_callback *cb)
{
	void *hdr = config_begin(entry, msg, portid, seq, flags, cb);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = put_config(entry, msg);
	if (err) {
		genlmsg_cancel(msg, hdr);
		return err;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* Write a device whose cf_lock is not available: its names only. */
static int config_fill_busy(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			    int flags, struct netlink_callback *cb)
{
	void *hdr = config_begin(entry, msg, portid, seq, flags, cb);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_flag(msg, VDPA_ATTR_DEV_UNANSWERED)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/*
 * Take the lock for a dump, or give up after a while.
 * @waited: jiffies that the whole dump has waited so far
 * @until: end of the round's wait, in jiffies
 */
static bool dump_lock(struct rw_semaphore *sem, long *waited, unsigned long until)
{
	while (!down_read_trylock(sem)) {
		if (*waited >= msecs_to_jiffies(DUMP_PATIENCE_MS) ||
		    time_after_eq(jiffies, until) || fatal_signal_pending(current))
			return false;
		schedule_timeout_killable(1);
		++*waited;
	}
	return true;
}

/* A device stuck in its parent must not block the dump: list it without its fields. */
static int config_dump_fill(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			    int flags, struct netlink_callback *cb)
{
	unsigned long until = cb->args[2] ? jiffies + HZ : vdpa_nl_patience(cb->skb);
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	int err;

	if (!dump_lock(sem, &cb->args[1], until))
		return config_fill_busy(entry, msg, portid, seq, flags, cb);
	err = config_fill(entry, msg, portid, seq, flags, cb);
	up_read(sem);
	return err;
}

static int config_get_late(struct vdpa_request *req)
{
	struct rw_semaphore *sem = &req->entry->vdev->cf_lock;
	int err;

	err = vdpa_request_down_read(req, sem);
	if (err)
		return err;
	err = vdpa_nl_reply_late(req, config_fill);
	up_read(sem);
	return err;
}

int vdpa_nl_dev_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	int err;

	if (!down_read_trylock(sem))
		return vdpa_nl_request_run(skb, info, entry, config_get_late, NULL);
	err = vdpa_nl_reply(info, entry, config_fill);
	up_read(sem);
	return err;
}

int vdpa_nl_dev_config_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	int err = vdpa_nl_dump_devices(msg, cb, config_dump_fill);

	cb->args[2] = 1;	/* the first round is over */
	return err;
}
