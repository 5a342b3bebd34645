// SQS, SNS and EventBridge: batches of ten, with an answer per entry.
//
// Source: the API references of SendMessageBatch, PublishBatch and PutEvents. Calls go through the
// client that the remote store uses: signatures, credentials, clock skew and lost answers are
// handled there, single entries here.

#pragma once

#include "aws/credentials.hpp"
#include "aws/transport.hpp"
#include "bus/publishers.hpp"
#include "observability/log.hpp"

namespace carillon::bus {

/// Everything must outlive the publishers.
struct AwsAccess {
    aws::Transport& transport;
    aws::CredentialSource& credentials;
    Log& log;
};

/// Adds these schemes, each with `?endpoint=http://…` for what stands in for AWS:
///
/// - `sqs://REGION/ACCOUNT/QUEUE`; a destination names another queue of the account. To `*.fifo` go
///   MessageGroupId (the key, or else the type) and MessageDeduplicationId (the id).
/// - `sns://REGION/ACCOUNT/TOPIC`; a destination names another topic, or is an ARN. FIFO as above.
/// - `eventbridge://REGION[/BUS]`; a destination names another bus.
void add_aws(Publishers& publishers, AwsAccess access);

}  // namespace carillon::bus
