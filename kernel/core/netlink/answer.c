// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers sent by workers: see answer.h.
 */
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "netlink/answer.h"

/* Number of ports to try. */
#define PORT_TRIES	100

/*
 * The format of an acknowledgment depends on the client's socket options, which only netlink knows.
 * So netlink_ack() writes it. It sends it to a port: that of this socket, which receives from the
 * kernel only.
 */
static struct socket *catcher;
static u32 catcher_port;

/* Held while an acknowledgment may be in the catcher's queue; nothing is taken inside it. */
static DEFINE_MUTEX(catcher_lock);

/**
 * vdpa_answer_send - send a message to a socket
 * @sk: the client's socket, which may be closed already
 * @msg: the message, which is consumed
 *
 * Context: may sleep.
 * Return: 0; an error if the client will not get it. If memory is short, its socket reports
 * ENOBUFS.
 */
int vdpa_answer_send(struct sock *sk, struct sk_buff *msg)
{
	int err = sock_queue_rcv_skb(sk, msg);

	if (!err)
		return 0;
	kfree_skb(msg);
	if (err == -ENOMEM || err == -ENOBUFS) {
		WRITE_ONCE(sk->sk_err, ENOBUFS);
		sk_error_report(sk);
	}
	return err;
}

/* Return: the acknowledgment; NULL without memory for it. */
static struct sk_buff *ack_new(struct sk_buff *request, int err,
			       const struct netlink_ext_ack *extack)
{
	u32 port = NETLINK_CB(request).portid;
	struct sk_buff *ack;

	mutex_lock(&catcher_lock);
	NETLINK_CB(request).portid = catcher_port;
	netlink_ack(request, nlmsg_hdr(request), err, extack);
	NETLINK_CB(request).portid = port;
	ack = skb_dequeue(&catcher->sk->sk_receive_queue);
	mutex_unlock(&catcher_lock);
	return ack;
}

/**
 * vdpa_answer_ack - acknowledge a request
 * @request: the request; its NETLINK_CB() has the client's port and socket, its sk is the kernel's
 *	generic netlink socket
 * @err: 0 or a negative error number
 * @extack: the message for the client
 *
 * Context: may sleep.
 */
void vdpa_answer_ack(struct sk_buff *request, int err, const struct netlink_ext_ack *extack)
{
	struct sk_buff *ack = ack_new(request, err, extack);

	if (!ack)
		return;
	skb_orphan(ack);
	nlmsg_hdr(ack)->nlmsg_pid = NETLINK_CB(request).portid;
	vdpa_answer_send(NETLINK_CB(request).sk, ack);
}

/* Bind to a port that is no process ID, so that no client uses it by default. */
static int catcher_bind(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int tries, err = -EADDRINUSE;

	for (tries = 0; err == -EADDRINUSE && tries < PORT_TRIES; tries++) {
		addr.nl_pid = get_random_u32() | BIT(31);
		err = kernel_bind(catcher, (void *)&addr, sizeof(addr));
	}
	catcher_port = addr.nl_pid;
	addr.nl_pid = 0;
	return err ?: kernel_connect(catcher, (void *)&addr, sizeof(addr), 0);
}

int __init vdpa_answers_init(void)
{
	int err = sock_create_kern(&init_net, PF_NETLINK, SOCK_RAW, NETLINK_GENERIC, &catcher);

	/* -ENFILE means that there is no memory for a socket */
	if (err)
		return err == -ENFILE ? -ENOMEM : err;
	err = catcher_bind();
	if (err)
		sock_release(catcher);
	return err;
}

void vdpa_answers_exit(void)
{
	sock_release(catcher);
}
