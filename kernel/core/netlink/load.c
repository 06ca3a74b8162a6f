// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading a device's state over netlink: DEV_STATE_SET and DEV_STATE_LOAD.
 *
 * A state may be larger than any message. So the core collects its pieces, for each socket
 * separately. A worker loads the state after the last piece, or when a DEV_STATE_LOAD request loads
 * several states together. A state that was not loaded is freed when its socket is closed.
 *
 * The rounds of a pre-copy arrive in the same way. Each is staged by itself, before the rest of the
 * state is loaded on top of them.
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
#include "message.h"
#include "migration/description.h"
#include "migration/load_group.h"
#include "migration/upload.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "netlink/nl_group.h"
#include "netlink/nl_vq.h"
#include "netlink/nl_request.h"
#include "netlink/nl_words.h"
#include "precopy.h"

/* Larger than the number of virtqueues of any device. */
#define VQS_MAX		4096

/**
 * struct session - a state that a client is sending
 * @node: node in the list of sessions
 * @sock: the client's socket, which may be closed already
 * @name: name of the device
 * @upload: the pieces so far; NULL between the rounds of a pre-copy
 * @precopy: the pre-copy that stages its rounds, or NULL
 */
struct session {
	struct list_head node;
	struct sock *sock;
	char name[VDPA_NAME_LEN_MAX + 1];
	struct vdpa_upload *upload;
	struct vdpa_precopy *precopy;
};

/*
 * Protects the list and its members. vdpa_registry_lock and the locks of lines are taken inside it.
 * No parent is called under it.
 */
static DEFINE_MUTEX(session_lock);
static LIST_HEAD(sessions);

static const struct nla_policy vq_policy[VDPA_ATTR_VQ_INFLIGHT + 1] = {
	[VDPA_ATTR_DEV_QUEUE_INDEX]	= { .type = NLA_U32 },
	[VDPA_ATTR_VQ_TYPE]		= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_READY]		= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_SIZE]		= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_USED_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_USED_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_STABLE]		= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_INFLIGHT]		= { .type = NLA_BINARY },
};

static struct session *session_find(const struct sock *sock, const char *name)
{
	struct session *session;

	list_for_each_entry(session, &sessions, node)
		if (session->sock == sock && !strcmp(session->name, name))
			return session;
	return NULL;
}

static void session_drop_upload(struct session *session)
{
	if (session->upload)
		vdpa_upload_free(session->upload);
	session->upload = NULL;
}

static void session_drop_rounds(struct session *session)
{
	if (session->precopy)
		vdpa_precopy_abandon(session->precopy);
	session->precopy = NULL;
}

static void session_drop(struct session *session)
{
	list_del(&session->node);
	session_drop_upload(session);
	session_drop_rounds(session);
	sock_put(session->sock);
	kfree(session);
}

static struct vdpa_upload *upload_new(const struct nlattr *description,
				      struct netlink_ext_ack *extack)
{
	struct vdpa_upload *upload = kzalloc(sizeof(*upload), GFP_KERNEL);
	struct vdpa_description *source;

	if (!upload)
		return ERR_PTR(-ENOMEM);
	vdpa_stream_init(&upload->private);
	source = vdpa_nl_read_description(description, extack);
	if (IS_ERR(source)) {
		vdpa_upload_free(upload);
		return ERR_CAST(source);
	}
	upload->source = source;
	return upload;
}

static struct session *session_new(struct sock *sock, const char *name)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return NULL;
	sock_hold(sock);
	session->sock = sock;
	strscpy(session->name, name);
	list_add(&session->node, &sessions);
	return session;
}

static enum vdpa_upload_kind kind_of(const struct genl_info *info)
{
	if (info->attrs[VDPA_ATTR_STATE_ROUND])
		return VDPA_UPLOAD_ROUND;
	return info->attrs[VDPA_ATTR_STATE_ROUNDS] ? VDPA_UPLOAD_REST : VDPA_UPLOAD_WHOLE;
}

/* Return: the number of the round; for the rest, the number of earlier rounds. */
static u32 round_of(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[VDPA_ATTR_STATE_ROUND] ?:
				    info->attrs[VDPA_ATTR_STATE_ROUNDS];

	return attr ? nla_get_u32(attr) : 0;
}

/* The first round and a whole state start again: rounds staged before are dropped. */
static int begin_rounds(struct session *session, struct vdpa_entry *entry,
			const struct vdpa_upload *upload, struct netlink_ext_ack *extack)
{
	bool first = upload->kind == VDPA_UPLOAD_ROUND && !upload->round;

	if (first || upload->kind == VDPA_UPLOAD_WHOLE)
		session_drop_rounds(session);
	if (first) {
		session->precopy = vdpa_precopy_new(entry, VDPA_PRECOPY_TARGET);
		return session->precopy ? 0 : -ENOMEM;
	}
	if (session->precopy || upload->kind == VDPA_UPLOAD_WHOLE)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
			   ": this client has sent none of the earlier rounds", session->name);
	return -ENOENT;
}

/* A piece with a description starts a state. Return: 0; on error the caller drops the session. */
static int session_begin(struct session *session, struct vdpa_entry *entry, struct genl_info *info)
{
	struct vdpa_upload *upload;
	int err;

	session_drop_upload(session);
	upload = upload_new(info->attrs[VDPA_ATTR_MIGRATION], info->extack);
	if (IS_ERR(upload))
		return PTR_ERR(upload);
	session->upload = upload;
	upload->kind = kind_of(info);
	upload->round = round_of(info);
	err = begin_rounds(session, entry, upload, info->extack);
	if (err || !session->precopy)
		return err;
	upload->precopy = session->precopy;
	vdpa_precopy_get(upload->precopy);
	return 0;
}

static bool is_round(const struct vdpa_upload *upload)
{
	return upload->kind == VDPA_UPLOAD_ROUND;
}

/* A piece without a description continues the state. */
static int session_go_on(const struct session *session, struct genl_info *info)
{
	bool round = kind_of(info) == VDPA_UPLOAD_ROUND;

	if (!session->upload) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_MIGRATION);
		NL_SET_ERR_MSG_FMT(info->extack, "a state for device " VDPA_MSG_NAME
				   " must begin with a description", session->name);
		return -EINVAL;
	}
	if (round == is_round(session->upload) &&
	    (kind_of(info) == VDPA_UPLOAD_WHOLE || round_of(info) == session->upload->round))
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
			   ": a piece of another round, or of no round", session->name);
	return -EINVAL;
}

/* Read the features in either form. Return: 1 if present, 0 if not, or -EINVAL. */
static int read_features(struct genl_info *info, struct vdpa_words *features)
{
	struct nlattr *words = info->attrs[VDPA_ATTR_STATE_FEATURES_WORDS];
	struct nlattr *attr = info->attrs[VDPA_ATTR_STATE_FEATURES];

	*features = (struct vdpa_words){};
	if (attr && words) {
		NL_SET_ERR_MSG_ATTR(info->extack, words,
				    "the negotiated features are given twice");
		return -EINVAL;
	}
	if (words)
		return vdpa_nl_read_words(words, features, info->extack) ?: 1;
	if (attr)
		features->word[0] = nla_get_u64(attr);
	return !!attr;
}

/* Virtqueues are parsed by the features, so later pieces must not change them. */
static int take_features(struct genl_info *info, struct vdpa_upload *upload)
{
	struct vdpa_words features;
	int there = read_features(info, &features);

	if (there <= 0)
		return there;
	if (upload->has_features && memcmp(&upload->features, &features, sizeof(features))) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_STATE_FEATURES] ?:
					info->attrs[VDPA_ATTR_STATE_FEATURES_WORDS],
					"features 0x%llx, but 0x%llx in an earlier piece",
					features.word[0], upload->features.word[0]);
		return -EINVAL;
	}
	upload->has_features = true;
	upload->features = features;
	return 0;
}

static int vqs_make_room(struct vdpa_upload *upload)
{
	unsigned int max = max(2 * upload->max_vqs, 16U);
	struct vdpa_upload_vq *vqs;

	if (upload->n_vqs < upload->max_vqs)
		return 0;
	vqs = kvcalloc(max, sizeof(*vqs), GFP_KERNEL_ACCOUNT);
	if (!vqs)
		return -ENOMEM;
	if (upload->n_vqs)
		memcpy(vqs, upload->vqs, upload->n_vqs * sizeof(*vqs));
	kvfree(upload->vqs);
	upload->vqs = vqs;
	upload->max_vqs = max;
	return 0;
}

/* Queues must come once each, in ascending order. */
static int check_vq_index(const struct vdpa_upload *upload, const struct nlattr *nest,
			  const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (!attr) {
		NL_SET_ERR_ATTR_MISS(extack, nest, VDPA_ATTR_DEV_QUEUE_INDEX);
		NL_SET_ERR_MSG(extack, "the virtqueue's index is missing");
		return -EINVAL;
	}
	if (nla_get_u32(attr) >= VQS_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"there is no virtqueue %u: a device has at most %u",
					nla_get_u32(attr), VQS_MAX);
		return -ERANGE;
	}
	if (!upload->n_vqs || nla_get_u32(attr) > upload->vqs[upload->n_vqs - 1].index)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "virtqueue %u comes twice, or too late",
				nla_get_u32(attr));
	return -EINVAL;
}

/* Without a position there can be no chains in flight. */
static int take_inflight(struct vdpa_upload_vq *vq, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	int err = vdpa_nl_read_inflight(attr, &vq->inflight, extack);

	if (err || vq->known || !vq->inflight.n)
		return err;
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "virtqueue %u has chains in flight, but no position",
				vq->index);
	return -EINVAL;
}

static int take_vq(struct vdpa_upload *upload, const struct nlattr *nest,
		   struct netlink_ext_ack *extack)
{
	bool packed = upload->features.word[0] & BIT_ULL(VIRTIO_F_RING_PACKED);
	struct nlattr *tb[ARRAY_SIZE(vq_policy)];
	struct vdpa_upload_vq vq = {};
	int err;

	err = vdpa_nl_parse_nested(tb, VDPA_ATTR_VQ_INFLIGHT, nest, vq_policy, extack) ?:
	      check_vq_index(upload, nest, tb[VDPA_ATTR_DEV_QUEUE_INDEX], extack);
	if (err)
		return err;
	vq.index = nla_get_u32(tb[VDPA_ATTR_DEV_QUEUE_INDEX]);
	vq.ready = tb[VDPA_ATTR_VQ_READY] && nla_get_u8(tb[VDPA_ATTR_VQ_READY]);
	vq.size = tb[VDPA_ATTR_VQ_SIZE] ? nla_get_u16(tb[VDPA_ATTR_VQ_SIZE]) : 0;
	vq.known = vq.ready || tb[VDPA_ATTR_VQ_AVAIL_INDEX];
	if (vq.known)
		err = vdpa_nl_read_vq_state(tb, packed, &vq.state, extack);
	if (!err)
		err = take_inflight(&vq, tb[VDPA_ATTR_VQ_INFLIGHT], extack);
	if (!err)
		err = vqs_make_room(upload);
	if (!err)
		upload->vqs[upload->n_vqs++] = vq;
	else
		vdpa_inflight_free(&vq.inflight);
	return err;
}

static int take_vqs(struct genl_info *info, struct vdpa_upload *upload)
{
	const struct nlattr *attr;
	int left, err;

	if (!info->attrs[VDPA_ATTR_STATE_VQ])
		return 0;
	if (!upload->has_features) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_STATE_FEATURES);
		NL_SET_ERR_MSG(info->extack,
			       "the negotiated features must come before the virtqueues");
		return -EINVAL;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != VDPA_ATTR_STATE_VQ)
			continue;
		err = take_vq(upload, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static int take_private(struct genl_info *info, struct vdpa_upload *upload)
{
	struct nlattr *piece = info->attrs[VDPA_ATTR_STATE_PRIVATE];
	struct nlattr *offset = info->attrs[VDPA_ATTR_STATE_OFFSET];
	int err;

	if (!piece)
		return 0;
	if (!offset) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, VDPA_ATTR_STATE_OFFSET);
		NL_SET_ERR_MSG(info->extack, "a piece of private state has no offset");
		return -EINVAL;
	}
	if (nla_get_u64(offset) != upload->private.len) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, offset,
					"the next piece of private state is at %llu, not %llu",
					upload->private.len, nla_get_u64(offset));
		return -EINVAL;
	}
	err = vdpa_stream_append(&upload->private, nla_data(piece), nla_len(piece));
	if (err == -EFBIG)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, piece,
					"private state has at most %u bytes",
					VDPA_STATE_PRIVATE_MAX);
	return err;
}

static int check_complete(const struct vdpa_upload *upload, struct netlink_ext_ack *extack)
{
	if (upload->has_features || is_round(upload))
		return 0;
	NL_SET_ERR_ATTR_MISS(extack, NULL, VDPA_ATTR_STATE_FEATURES);
	NL_SET_ERR_MSG(extack, "the negotiated features are missing");
	return -EINVAL;
}

static int apply(struct vdpa_request *req)
{
	struct vdpa_upload *upload = (struct vdpa_upload *)req->data;
	int err = vdpa_upload_apply(upload, req);

	vdpa_upload_free(upload);
	return err;
}

static int check_round(struct genl_info *info, const struct vdpa_upload *upload)
{
	if (!is_round(upload) ||
	    (!info->attrs[VDPA_ATTR_STATE_VQ] && !info->attrs[VDPA_ATTR_STATE_FEATURES]))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VDPA_ATTR_STATE_ROUND],
			    "a round has private state only");
	return -EINVAL;
}

/* Take the upload from the session. The rest ends the session's pre-copy. */
static struct vdpa_upload *session_take(struct session *session)
{
	struct vdpa_upload *upload = session->upload;

	session->upload = NULL;
	if (upload->kind == VDPA_UPLOAD_REST) {
		vdpa_precopy_put(session->precopy);
		session->precopy = NULL;
	}
	return upload;
}

/* Return: 0; on error the caller drops the session. */
static int take_piece(struct session *session, struct vdpa_entry *entry, struct genl_info *info)
{
	int err;

	err = info->attrs[VDPA_ATTR_MIGRATION] ? session_begin(session, entry, info) :
						 session_go_on(session, info);
	if (err)
		return err;
	err = check_round(info, session->upload) ?: take_features(info, session->upload) ?:
	      take_vqs(info, session->upload) ?: take_private(info, session->upload);
	if (err || !info->attrs[VDPA_ATTR_STATE_END])
		return err;
	/* Checked early too, as the request may wait long in the line. */
	return check_complete(session->upload, info->extack) ?:
	       vdpa_entry_check_owner(entry, NULL, info->extack);
}

/*
 * Return: the whole state or round after its last piece, NULL before; or an ERR_PTR, and the
 * session is dropped.
 */
static struct vdpa_upload *take(struct sock *sock, struct vdpa_entry *entry, struct genl_info *info)
{
	const char *name = vdpa_entry_name(entry);
	struct vdpa_upload *upload;
	struct session *session;
	int err;

	session = session_find(sock, name) ?: session_new(sock, name);
	if (!session)
		return ERR_PTR(-ENOMEM);
	err = take_piece(session, entry, info);
	if (!err && !info->attrs[VDPA_ATTR_STATE_END])
		return NULL;
	upload = err ? ERR_PTR(err) : session_take(session);
	if (err || !is_round(upload))
		session_drop(session);
	return upload;
}

/* Drop an upload that cannot be loaded, and its staged rounds. */
static void drop(struct vdpa_upload *upload)
{
	if (upload->kind == VDPA_UPLOAD_REST) {
		vdpa_precopy_get(upload->precopy);
		vdpa_precopy_abandon(upload->precopy);
	}
	vdpa_upload_free(upload);
}

int vdpa_nl_dev_state_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_upload *upload;
	struct vdpa_request *req;

	mutex_lock(&session_lock);
	upload = take(NETLINK_CB(skb).sk, entry, info);
	mutex_unlock(&session_lock);
	if (IS_ERR_OR_NULL(upload))
		return PTR_ERR_OR_ZERO(upload);

	req = vdpa_nl_request_new(skb, info);
	if (IS_ERR(req)) {
		drop(upload);
		return PTR_ERR(req);
	}
	req->entry = entry;
	req->data = upload;
	vdpa_entry_get(entry);
	vdpa_request_queue(req, apply);
	return vdpa_nl_request_wait(req);
}

/*
 * Under the lock. Take the state of a device and drop its session. A round does not count as a
 * state.
 */
static struct vdpa_upload *take_upload(const struct sock *sock, struct vdpa_entry *entry,
				       struct netlink_ext_ack *extack)
{
	struct session *session = session_find(sock, vdpa_entry_name(entry));
	struct vdpa_upload *upload = NULL;

	if (session && session->upload && !is_round(session->upload))
		upload = session_take(session);
	else
		NL_SET_ERR_MSG_FMT(extack, "no state was sent for device " VDPA_MSG_NAME,
				   vdpa_entry_name(entry));
	if (session)
		session_drop(session);
	return upload;
}

/*
 * Take the states of all devices. A device named twice fails, as its state can be taken only once.
 */
static int take_uploads(struct vdpa_request *req, struct vdpa_entry *const *entries,
			struct vdpa_upload **uploads, unsigned int n)
{
	const struct sock *sock = container_of(req, struct vdpa_nl_request, req)->sock;
	unsigned int i;
	int err = 0;

	mutex_lock(&session_lock);
	for (i = 0; i < n; i++) {
		struct netlink_ext_ack *extack = err ? NULL : &req->extack;

		uploads[i] = take_upload(sock, entries[i], extack);
		if (err)
			continue;
		err = uploads[i] ? check_complete(uploads[i], extack) : -EINVAL;
		req->fault = uploads[i] ? 0 : VDPA_ATTR_DEV_NAME;
		req->fault_index = i;
	}
	mutex_unlock(&session_lock);
	return err;
}

static int load_together(struct vdpa_request *req, struct vdpa_entry *const *entries,
			 unsigned int n)
{
	struct vdpa_upload **uploads = kvcalloc(n, sizeof(*uploads), GFP_KERNEL);
	int err;

	if (!uploads)
		return -ENOMEM;
	err = take_uploads(req, entries, uploads, n) ?:
	      vdpa_load_group_start(req, entries, uploads, n);
	while (err && n--)
		if (uploads[n])
			drop(uploads[n]);
	kvfree(uploads);
	return err;
}

/* After an error no device was touched. */
static int load_start(struct vdpa_request *req)
{
	struct vdpa_entry **entries;
	unsigned int n;
	int err;

	err = vdpa_nl_count_devices(req, &n);
	if (err)
		return err;
	entries = vdpa_nl_find_devices(req, n);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = load_together(req, entries, n);
	vdpa_nl_put_devices(entries, n);
	return err;
}

int vdpa_nl_dev_state_load_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);
	int err;

	if (IS_ERR(req))
		return PTR_ERR(req);
	err = load_start(req);
	if (err)
		vdpa_request_done(req, err);
	return vdpa_nl_request_wait(req);
}

static int client_gone(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct session *session, *next;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC ||
	    !net_eq(notify->net, &init_net))
		return NOTIFY_DONE;
	mutex_lock(&session_lock);
	/* Another socket may have the port already, so check the socket itself. */
	list_for_each_entry_safe(session, next, &sessions, node)
		if (sock_flag(session->sock, SOCK_DEAD))
			session_drop(session);
	mutex_unlock(&session_lock);
	return NOTIFY_DONE;
}

static struct notifier_block client_notifier = {
	.notifier_call = client_gone,
};

int __init vdpa_nl_loads_init(void)
{
	return netlink_register_notifier(&client_notifier);
}

/* No requests arrive any more. */
void vdpa_nl_loads_exit(void)
{
	struct session *session, *next;

	netlink_unregister_notifier(&client_notifier);
	list_for_each_entry_safe(session, next, &sessions, node)
		session_drop(session);
}
