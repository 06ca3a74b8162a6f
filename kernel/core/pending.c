// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits on the number of requests of each user: see pending.h.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "pending.h"

/**
 * struct vdpa_user - a user with requests under way
 * @node: node in the list of users
 * @uid: user ID in the initial namespace
 * @n: number of requests
 */
struct vdpa_user {
	struct list_head node;
	kuid_t uid;
	unsigned int n;
};

/* Protects the list and its members; nothing is taken inside it. */
static DEFINE_SPINLOCK(users_lock);
static LIST_HEAD(users);

/* Return: the user to which the current process's requests are charged. */
static kuid_t current_user_charged(void)
{
	const struct user_namespace *ns = current_user_ns();
	kuid_t uid = current_uid();

	for (; ns != &init_user_ns; ns = ns->parent)
		uid = ns->owner;
	return uid;
}

/* Under the lock. */
static struct vdpa_user *user_find(kuid_t uid)
{
	struct vdpa_user *user;

	list_for_each_entry(user, &users, node)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/*
 * Return: the user, charged with one more request, or NULL if it has @max already. Consumes @fresh.
 */
static struct vdpa_user *user_charge(kuid_t uid, unsigned int max, struct vdpa_user *fresh)
{
	struct vdpa_user *user;

	spin_lock(&users_lock);
	user = user_find(uid);
	if (!user) {
		user = fresh;
		fresh = NULL;
		user->uid = uid;
		list_add(&user->node, &users);
	}
	if (user->n < max)
		user->n++;
	else
		user = NULL;
	spin_unlock(&users_lock);
	kfree(fresh);
	return user;
}

/**
 * vdpa_pending_begin - charge a request to the user of the current process
 * @admin: it has CAP_NET_ADMIN
 * @extack: set on error
 *
 * Context: may sleep.
 * Return: the user, for vdpa_pending_end(); ERR_PTR(-EBUSY) if it has too many requests,
 * ERR_PTR(-ENOMEM).
 */
struct vdpa_user *vdpa_pending_begin(bool admin, struct netlink_ext_ack *extack)
{
	unsigned int max = admin ? VDPA_PENDING_ADMIN_MAX : VDPA_PENDING_MAX;
	struct vdpa_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	kuid_t uid = current_user_charged();
	struct vdpa_user *user;

	if (!fresh)
		return ERR_PTR(-ENOMEM);
	user = user_charge(uid, max, fresh);
	if (user)
		return user;
	NL_SET_ERR_MSG_FMT(extack, "user %u has %u requests or more that are not answered yet",
			   from_kuid(&init_user_ns, uid), max);
	return ERR_PTR(-EBUSY);
}

/* A request is answered. */
void vdpa_pending_end(struct vdpa_user *user)
{
	spin_lock(&users_lock);
	if (--user->n)
		user = NULL;
	else
		list_del(&user->node);
	spin_unlock(&users_lock);
	kfree(user);
}
