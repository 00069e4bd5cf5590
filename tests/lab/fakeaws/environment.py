"""What a program has to find in its environment to meet the fake instead of AWS."""


def environment(server, api, metadata):
    """The variables, with AWS's own names, for the instance that this metadata listener answers for.

    The metadata endpoint ends with a slash, as older SDKs want it.
    """
    return {
        "AWS_CA_BUNDLE": server.ca_file,
        "AWS_ENDPOINT_URL_AUTO_SCALING": api.url,
        "AWS_ENDPOINT_URL_EC2": api.url,
        "AWS_ENDPOINT_URL_SSM": api.url,
        "AWS_ENDPOINT_URL_STS": api.url,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url + "/",
    }
