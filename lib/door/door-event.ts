import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A request as the gateway hands it over: the door reads the body as it was sent. */
export type DoorEvent = Pick<
  APIGatewayProxyEventV2,
  'headers' | 'requestContext' | 'rawPath' | 'rawQueryString' | 'isBase64Encoded'
> & { body?: unknown };
