// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's state over netlink: DEV_STATE_SET.
 *
 * A state may be larger than any message. So what a client sends for a device is
 * collected, for each socket by itself, and the last piece has it loaded, as a job.
 * What was not loaded goes with its socket.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/description.h"
#include "migration/upload.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "netlink/nl_vq.h"
#include "request.h"

/* More than any device has. */
#define VQS_MAX		4096

/**
 * struct coming - a state that is being sent
 * @node: in the list of all
 * @sock: the socket, which may be closed already
 * @name: of the device
 * @load: as much as has come
 */
struct coming {
	struct list_head node;
	struct sock *sock;
	char name[VDPA_NAME_LEN_MAX + 1];
	struct vdpa_load *load;
};

/* Protects the list and what is in it; nothing is taken inside it, and no parent called. */
static DEFINE_MUTEX(coming_lock);
static LIST_HEAD(all_coming);

static const struct nla_policy vq_policy[VDPA_ATTR_VQ_STABLE + 1] = {
	[VDPA_ATTR_DEV_QUEUE_INDEX]	= { .type = NLA_U32 },
	[VDPA_ATTR_VQ_TYPE]		= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_READY]		= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_SIZE]		= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_USED_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_USED_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_STABLE]		= { .type = NLA_U8 },
};

static struct coming *coming_find(const struct sock *sock, const char *name)
{
	struct coming *coming;

	list_for_each_entry(coming, &all_coming, node)
		if (coming->sock == sock && !strcmp(coming->name, name))
			return coming;
	return NULL;
}

static void coming_drop(struct coming *coming)
{
	list_del(&coming->node);
	if (coming->load)
		vdpa_load_free(coming->load);
	sock_put(coming->sock);
	kfree(coming);
}

static struct vdpa_load *load_new(const struct nlattr *description, struct netlink_ext_ack *extack)
{
	struct vdpa_load *load = kzalloc(sizeof(*load), GFP_KERNEL);
	struct vdpa_list *source;

	if (!load)
		return ERR_PTR(-ENOMEM);
	vdpa_blob_init(&load->private);
	source = vdpa_nl_read_list(description, extack);
	if (IS_ERR(source)) {
		vdpa_load_free(load);
		return ERR_CAST(source);
	}
	load->source = source;
	return load;
}

static struct coming *coming_begin(struct sock *sock, struct genl_info *info, const char *name)
{
	struct coming *coming = kzalloc(sizeof(*coming), GFP_KERNEL);
	struct vdpa_load *load;

	if (!coming)
		return ERR_PTR(-ENOMEM);
	load = load_new(info->attrs[VDPA_ATTR_MIGRATION], info->extack);
	if (IS_ERR(load)) {
		kfree(coming);
		return ERR_CAST(load);
	}
	sock_hold(sock);
	coming->sock = sock;
	strscpy(coming->name, name);
	coming->load = load;
	list_add(&coming->node, &all_coming);
	return coming;
}

/* A piece with a description begins anew; others go on. */
static struct coming *coming_of(struct sock *sock, struct genl_info *info, const char *name)
{
	struct coming *coming = coming_find(sock, name);

	if (info->attrs[VDPA_ATTR_MIGRATION]) {
		if (coming)
			coming_drop(coming);
		return coming_begin(sock, info, name);
	}
	if (coming)
		return coming;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_MIGRATION);
	NL_SET_ERR_MSG_FMT(info->extack, "a state for device " VDPA_MSG_NAME
			   " begins with a description", name);
	return ERR_PTR(-EINVAL);
}

/* The virtqueues are read by them: what came with an earlier piece stays. */
static int take_features(struct genl_info *info, struct vdpa_load *load)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_STATE_FEATURES];
	u64 features;

	if (!attr)
		return 0;
	features = nla_get_u64(attr);
	if (load->has_features && load->features != features) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"negotiated features 0x%llx, and 0x%llx in a piece before",
					features, load->features);
		return -EINVAL;
	}
	load->has_features = true;
	load->features = features;
	return 0;
}

static int vqs_make_room(struct vdpa_load *load)
{
	unsigned int max = max(2 * load->max_vqs, 16U);
	struct vdpa_load_vq *vqs;

	if (load->n_vqs < load->max_vqs)
		return 0;
	vqs = kvcalloc(max, sizeof(*vqs), GFP_KERNEL_ACCOUNT);
	if (!vqs)
		return -ENOMEM;
	if (load->n_vqs)
		memcpy(vqs, load->vqs, load->n_vqs * sizeof(*vqs));
	kvfree(load->vqs);
	load->vqs = vqs;
	load->max_vqs = max;
	return 0;
}

/* Each queue once, in the order of their indices. */
static int check_vq_index(const struct vdpa_load *load, const struct nlattr *nest,
			  const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (!attr) {
		NL_SET_ERR_ATTR_MISS(extack, nest, VDPA_ATTR_DEV_QUEUE_INDEX);
		NL_SET_ERR_MSG(extack, "the virtqueue's index is missing");
		return -EINVAL;
	}
	if (nla_get_u32(attr) >= VQS_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "virtqueue %u is none: there are up to %u",
					nla_get_u32(attr), VQS_MAX);
		return -ERANGE;
	}
	if (!load->n_vqs || nla_get_u32(attr) > load->vqs[load->n_vqs - 1].index)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "virtqueue %u comes twice, or too late",
				nla_get_u32(attr));
	return -EINVAL;
}

static int take_vq(struct vdpa_load *load, const struct nlattr *nest,
		   struct netlink_ext_ack *extack)
{
	bool packed = load->features & BIT_ULL(VIRTIO_F_RING_PACKED);
	struct nlattr *tb[ARRAY_SIZE(vq_policy)];
	struct vdpa_load_vq vq = {};
	int err;

	err = vdpa_nl_parse_nested(tb, VDPA_ATTR_VQ_STABLE, nest, vq_policy, extack) ?:
	      check_vq_index(load, nest, tb[VDPA_ATTR_DEV_QUEUE_INDEX], extack);
	if (err)
		return err;
	vq.index = nla_get_u32(tb[VDPA_ATTR_DEV_QUEUE_INDEX]);
	vq.ready = tb[VDPA_ATTR_VQ_READY] && nla_get_u8(tb[VDPA_ATTR_VQ_READY]);
	vq.size = tb[VDPA_ATTR_VQ_SIZE] ? nla_get_u16(tb[VDPA_ATTR_VQ_SIZE]) : 0;
	vq.known = vq.ready || tb[VDPA_ATTR_VQ_AVAIL_INDEX];
	if (vq.known)
		err = vdpa_nl_read_vq_state(tb, packed, &vq.state, extack);
	if (!err)
		err = vqs_make_room(load);
	if (!err)
		load->vqs[load->n_vqs++] = vq;
	return err;
}

static int take_vqs(struct genl_info *info, struct vdpa_load *load)
{
	const struct nlattr *attr;
	int left, err;

	if (!info->attrs[VDPA_ATTR_STATE_VQ])
		return 0;
	if (!load->has_features) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_STATE_FEATURES);
		NL_SET_ERR_MSG(info->extack, "the negotiated features come before the virtqueues");
		return -EINVAL;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != VDPA_ATTR_STATE_VQ)
			continue;
		err = take_vq(load, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static int take_private(struct genl_info *info, struct vdpa_load *load)
{
	struct nlattr *piece = info->attrs[VDPA_ATTR_STATE_PRIVATE];
	struct nlattr *offset = info->attrs[VDPA_ATTR_STATE_OFFSET];
	int err;

	if (!piece)
		return 0;
	if (!offset) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_STATE_OFFSET);
		NL_SET_ERR_MSG(info->extack, "a piece of private state bears its offset");
		return -EINVAL;
	}
	if (nla_get_u64(offset) != load->private.len) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, offset,
					"the next piece of private state is at %llu, not %llu",
					load->private.len, nla_get_u64(offset));
		return -EINVAL;
	}
	err = vdpa_blob_append(&load->private, nla_data(piece), nla_len(piece));
	if (err == -EFBIG)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, piece,
					"private state has at most %u bytes",
					VDPA_STATE_PRIVATE_MAX);
	return err;
}

static int check_complete(struct genl_info *info, const struct vdpa_load *load)
{
	if (load->has_features)
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_STATE_FEATURES);
	NL_SET_ERR_MSG(info->extack, "the negotiated features are missing");
	return -EINVAL;
}

static int apply(struct vdpa_job *job)
{
	struct vdpa_load *load = (struct vdpa_load *)job->data;
	int err = vdpa_load_apply(load, job);

	vdpa_load_free(load);
	return err;
}

/* Return: the whole state with the last piece, NULL before; or an ERR_PTR, with none of it left. */
static struct vdpa_load *take_piece(struct sock *sock, struct genl_info *info, const char *name)
{
	struct coming *coming = coming_of(sock, info, name);
	struct vdpa_load *load;
	bool end;
	int err;

	if (IS_ERR(coming))
		return ERR_CAST(coming);
	load = coming->load;
	err = take_features(info, load) ?: take_vqs(info, load) ?: take_private(info, load);
	end = info->attrs[VDPA_ATTR_STATE_END];
	if (!err && end)
		err = check_complete(info, load);
	if (!err && !end)
		return NULL;
	if (!err)
		coming->load = NULL;
	coming_drop(coming);
	return err ? ERR_PTR(err) : load;
}

int vdpa_nl_dev_state_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_load *load;
	struct vdpa_job *job;

	mutex_lock(&coming_lock);
	load = take_piece(NETLINK_CB(skb).sk, info, vdpa_entry_name(entry));
	mutex_unlock(&coming_lock);
	if (IS_ERR_OR_NULL(load))
		return PTR_ERR_OR_ZERO(load);

	job = vdpa_job_new(skb, info);
	if (IS_ERR(job)) {
		vdpa_load_free(load);
		return PTR_ERR(job);
	}
	job->entry = entry;
	job->data = load;
	vdpa_entry_get(entry);
	vdpa_job_queue(job, apply);
	return vdpa_job_wait(job);
}

static int client_gone(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct coming *coming, *next;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC ||
	    !net_eq(notify->net, &init_net))
		return NOTIFY_DONE;
	mutex_lock(&coming_lock);
	/* The port may be somebody else's already: the socket tells. */
	list_for_each_entry_safe(coming, next, &all_coming, node)
		if (sock_flag(coming->sock, SOCK_DEAD))
			coming_drop(coming);
	mutex_unlock(&coming_lock);
	return NOTIFY_DONE;
}

static struct notifier_block client_notifier = {
	.notifier_call = client_gone,
};

int __init vdpa_nl_loads_init(void)
{
	return netlink_register_notifier(&client_notifier);
}

/* No requests come any more. */
void vdpa_nl_loads_exit(void)
{
	struct coming *coming, *next;

	netlink_unregister_notifier(&client_notifier);
	list_for_each_entry_safe(coming, next, &all_coming, node)
		coming_drop(coming);
}
