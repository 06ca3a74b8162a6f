/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers sent by workers.
 *
 * netlink finds the receiver of a message by its port. A client may exit before its answer, and
 * another process may then have its port. So a worker puts the answer directly into the queue of
 * the requesting socket. If that socket is closed, the answer is freed with it.
 */
#ifndef _VDPA_ANSWER_H
#define _VDPA_ANSWER_H

struct netlink_ext_ack;
struct nlmsghdr;
struct sk_buff;
struct sock;

int vdpa_answer_send(struct sock *sk, struct sk_buff *msg);
void vdpa_answer_ack(struct sk_buff *request, int err, const struct netlink_ext_ack *extack);

int vdpa_answers_init(void);
void vdpa_answers_exit(void);

#endif
