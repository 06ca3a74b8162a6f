// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copies over netlink: DEV_PRECOPY_START and DEV_PRECOPY_STOP (save.c sends the rounds), and
 * MIGRATION_ESTIMATE.
 *
 * A pre-copy belongs to one socket, and ends with it.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "precopy.h"

/**
 * struct copy - a client's pre-copy
 * @node: node in the list of copies
 * @sock: the client's socket, which may be closed already
 * @precopy: the pre-copy, which may have ended already
 */
struct copy {
	struct list_head node;
	struct sock *sock;
	struct vdpa_precopy *precopy;
};

/*
 * Protects the list and its members. vdpa_registry_lock and the locks of lines are taken inside it.
 * No parent is called under it.
 */
static DEFINE_MUTEX(copies_lock);
static LIST_HEAD(copies);

static struct copy *copy_find(const struct sock *sock, const struct vdpa_entry *entry)
{
	struct copy *copy;

	list_for_each_entry(copy, &copies, node)
		if (copy->sock == sock && copy->precopy->serial == entry->serial)
			return copy;
	return NULL;
}

static void copy_drop(struct copy *copy)
{
	list_del(&copy->node);
	vdpa_precopy_abandon(copy->precopy);
	sock_put(copy->sock);
	kfree(copy);
}

/* Drop the client's part of a pre-copy, if it still exists. */
void vdpa_nl_precopy_drop(const struct vdpa_precopy *precopy)
{
	struct copy *copy;

	mutex_lock(&copies_lock);
	list_for_each_entry(copy, &copies, node) {
		if (copy->precopy != precopy)
			continue;
		copy_drop(copy);
		break;
	}
	mutex_unlock(&copies_lock);
}

/* Under the lock. Return: a new pre-copy with a reference for the caller; NULL without memory. */
static struct vdpa_precopy *copy_new(struct sock *sock, struct vdpa_entry *entry)
{
	struct copy *copy = kzalloc(sizeof(*copy), GFP_KERNEL_ACCOUNT);

	if (!copy)
		return NULL;
	copy->precopy = vdpa_precopy_new(entry, VDPA_PRECOPY_SOURCE);
	if (!copy->precopy) {
		kfree(copy);
		return NULL;
	}
	sock_hold(sock);
	copy->sock = sock;
	list_add(&copy->node, &copies);
	vdpa_precopy_get(copy->precopy);
	return copy->precopy;
}

/* Begin a client's pre-copy. One that has ended is replaced. */
static struct vdpa_precopy *copy_begin(struct sock *sock, struct vdpa_entry *entry)
{
	struct vdpa_precopy *precopy;
	struct copy *copy;

	mutex_lock(&copies_lock);
	copy = copy_find(sock, entry);
	if (copy && READ_ONCE(copy->precopy->over)) {
		copy_drop(copy);
		copy = NULL;
	}
	precopy = copy ? ERR_PTR(-EBUSY) : copy_new(sock, entry) ?: ERR_PTR(-ENOMEM);
	mutex_unlock(&copies_lock);
	return precopy;
}

/**
 * vdpa_nl_precopy_find - find a socket's pre-copy of a device
 * @sock: the socket
 * @entry: the device
 * @extack: set if there is none
 *
 * Return: the pre-copy, to be put with vdpa_precopy_put(), or ERR_PTR(-ENOENT).
 */
struct vdpa_precopy *vdpa_nl_precopy_find(const struct sock *sock, struct vdpa_entry *entry,
					  struct netlink_ext_ack *extack)
{
	struct vdpa_precopy *precopy = NULL;
	struct copy *copy;

	mutex_lock(&copies_lock);
	copy = copy_find(sock, entry);
	if (copy) {
		precopy = copy->precopy;
		vdpa_precopy_get(precopy);
	}
	mutex_unlock(&copies_lock);
	if (precopy)
		return precopy;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME ": this client has begun no pre-copy",
			   vdpa_entry_name(entry));
	return ERR_PTR(-ENOENT);
}

/* Consumes @precopy. Return: the value for the doit to return. */
static int run(struct sk_buff *skb, struct genl_info *info, struct vdpa_precopy *precopy,
	       int (*what)(struct vdpa_request *req))
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);

	if (IS_ERR(req)) {
		vdpa_precopy_put(precopy);
		return PTR_ERR(req);
	}
	req->entry = vdpa_nl_entry(info);
	req->data = precopy;
	vdpa_entry_get(req->entry);
	vdpa_request_queue(req, what);
	return vdpa_nl_request_wait(req);
}

static int start(struct vdpa_request *req)
{
	struct vdpa_precopy *precopy = (struct vdpa_precopy *)req->data;
	int err = vdpa_precopy_start(precopy, req);

	if (err)
		vdpa_nl_precopy_drop(precopy);
	vdpa_precopy_put(precopy);
	return err;
}

int vdpa_nl_dev_precopy_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_precopy *precopy;
	int err;

	err = vdpa_precopy_can(entry, info->extack);
	if (err) {
		NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
		return err;
	}
	precopy = copy_begin(NETLINK_CB(skb).sk, entry);
	if (PTR_ERR_OR_ZERO(precopy) == -EBUSY)
		NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
				   ": its state is being copied already", vdpa_entry_name(entry));
	if (IS_ERR(precopy))
		return PTR_ERR(precopy);
	vdpa_precopy_get(precopy);
	err = run(skb, info, precopy, start);
	/* Not -EINTR: no request was started, and netlink sends the answer. */
	if (err != -EINTR)
		vdpa_nl_precopy_drop(precopy);
	vdpa_precopy_put(precopy);
	return err;
}

static int stop(struct vdpa_request *req)
{
	struct vdpa_precopy *precopy = (struct vdpa_precopy *)req->data;

	vdpa_precopy_end(precopy, req->entry);
	vdpa_nl_precopy_drop(precopy);
	vdpa_precopy_put(precopy);
	return 0;
}

int vdpa_nl_dev_precopy_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_precopy *precopy = vdpa_nl_precopy_find(NETLINK_CB(skb).sk, vdpa_nl_entry(info),
							    info->extack);

	return IS_ERR(precopy) ? PTR_ERR(precopy) : run(skb, info, precopy, stop);
}

/* The parent's estimate. */
struct estimate {
	bool known;
	u64 bytes;
	u64 changed;
};

static int put_estimate(struct sk_buff *msg, struct vdpa_entry *entry,
			const struct estimate *estimate)
{
	struct vdpa_state_view state;
	u64 seq;

	state = vdpa_state_read(entry, &seq);
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u8(msg, VDPA_ATTR_DEV_STATE, state.now) || vdpa_nl_put_caps(msg, entry) ||
	    vdpa_nl_put_latencies(msg, entry, &state))
		return -EMSGSIZE;
	if (!estimate->known)
		return 0;
	return nla_put_u64_64bit(msg, VDPA_ATTR_ESTIMATE_BYTES, estimate->bytes, VDPA_ATTR_PAD) ||
	       nla_put_u64_64bit(msg, VDPA_ATTR_ESTIMATE_CHANGED, estimate->changed,
				 VDPA_ATTR_PAD) ? -EMSGSIZE : 0;
}

static int send_estimate(struct vdpa_request *req, const struct estimate *estimate)
{
	const struct genl_info *info = vdpa_nl_request_info(req);
	struct sk_buff *msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put(msg, info->snd_portid, info->snd_seq, &vdpa_nl_family, 0,
			  VDPA_CMD_MIGRATION_ESTIMATE);
	if (!hdr || put_estimate(msg, req->entry, estimate)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return vdpa_nl_request_reply(req, msg);
}

static int tell_estimate(struct vdpa_request *req)
{
	const struct vdpa_migration_ops *migration = &req->entry->mgmtdev->migration;
	struct estimate estimate = { .known = migration->estimate };
	int err = 0;

	if (estimate.known)
		err = migration->estimate(req->entry->vdev, &estimate.bytes, &estimate.changed);
	if (!err)
		return send_estimate(req, &estimate);
	NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
			   ": its parent cannot tell what to carry: %pe",
			   vdpa_entry_name(req->entry), ERR_PTR(err));
	return err;
}

int vdpa_nl_migration_estimate_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_nl_request_run(skb, info, vdpa_nl_entry(info), tell_estimate, NULL);
}

static int client_gone(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct copy *copy, *next;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC ||
	    !net_eq(notify->net, &init_net))
		return NOTIFY_DONE;
	mutex_lock(&copies_lock);
	/* Another socket may have the port already, so check the socket itself. */
	list_for_each_entry_safe(copy, next, &copies, node)
		if (sock_flag(copy->sock, SOCK_DEAD))
			copy_drop(copy);
	mutex_unlock(&copies_lock);
	return NOTIFY_DONE;
}

static struct notifier_block client_notifier = {
	.notifier_call = client_gone,
};

int __init vdpa_nl_precopies_init(void)
{
	return netlink_register_notifier(&client_notifier);
}

/* No requests arrive any more, and there are no devices. */
void vdpa_nl_precopies_exit(void)
{
	struct copy *copy, *next;

	netlink_unregister_notifier(&client_notifier);
	list_for_each_entry_safe(copy, next, &copies, node)
		copy_drop(copy);
}
