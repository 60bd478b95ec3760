import type { MessageAttribute, ReceivedMessage } from '../cloud/sqs/message.ts';

/** The event with which Lambda hands over messages of a queue. */
export function createQueueEvent(messages: ReceivedMessage[], queueArn: string, region: string) {
  return {
    Records: messages.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: message.attributes,
      messageAttributes: Object.fromEntries(
        Object.entries(message.messageAttributes).map(([name, value]) => [name, toCamel(value)]),
      ),
      md5OfBody: message.md5,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}

/** The event spells an attribute's fields unlike the API does. */
function toCamel(attribute: MessageAttribute) {
  return {
    stringValue: attribute.StringValue,
    binaryValue: attribute.BinaryValue,
    stringListValues: [],
    binaryListValues: [],
    dataType: attribute.DataType,
  };
}
